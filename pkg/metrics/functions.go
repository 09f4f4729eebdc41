package metrics

import (
	"slices"
	"strings"
)

// Function is a function or an aggregate that expressions may use.
type Function struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"` // "rollup", "aggregate" or "transform"
	Signature string `json:"signature"`
	Help      string `json:"help"`

	least, most int            // numbers of arguments; most < 0: any
	texts       func(int) bool // which arguments are texts
}

func find(list []*Function, name string) *Function {
	name = strings.ToLower(name)
	if i := slices.IndexFunc(list, func(f *Function) bool { return f.Name == name }); i >= 0 {
		return list[i]
	}
	return nil
}

// Functions lists everything that expressions may use.
func Functions() []*Function {
	return slices.DeleteFunc(slices.Concat(counterRollups, streamRollups, subqueryRollups, aggregates, transforms), func(f *Function) bool { return f.Name == "" })
}

func rollup(signature, help string) *Function {
	name, _, _ := strings.Cut(signature, "(")
	return &Function{Name: name, Kind: "rollup", Signature: signature, Help: help, least: 1 + strings.Count(signature, ", "), most: 1 + strings.Count(signature, ", ")}
}

func aggregate(signature, help string) *Function {
	f := rollup(signature, help)
	f.Kind = "aggregate"
	return f
}

// transform takes as many arguments as the signature has, fewer of those in brackets, and any number where it ends with dots.
func transform(signature, help string, texts ...int) *Function {
	f := rollup(signature, help)
	f.Kind = "transform"
	arguments := strings.TrimSuffix(strings.TrimPrefix(signature, f.Name+"("), ")")
	f.least, f.most = 0, 0
	for _, a := range strings.Split(arguments, ", ") {
		switch a {
		case "":
		case "...":
			f.most = -1
		default:
			if f.most++; !strings.HasPrefix(a, "[") {
				f.least++
			}
		}
	}
	if texts != nil {
		from, to := texts[0], texts[len(texts)-1]
		f.texts = func(i int) bool { return i >= from && (i <= to || f.most < 0) }
	}
	return f
}

var counterRollups = []*Function{
	rollup("increase(counter[window])", "The number of records in the window, its end included. Never a fraction, never an estimate. Without a window: in one step."),
	rollup("increase_pure(counter[window])", "The same as increase: no counter here begins with a value."),
	rollup("delta(counter[window])", "The same as increase."),
	rollup("rate(counter[window])", "The number of records in the window for each of its seconds."),
}

var streamRollups = []*Function{
	rollup("count_over_time(records[window])", "The number of records in the window."),
	rollup("sum_over_time(records[window])", "The same as count_over_time: each record has the value 1."),
	rollup("present_over_time(records[window])", "1 where the window holds a record."),
	rollup("absent_over_time(records[window])", "1 where the window holds no record."),
	rollup("rate_over_sum(records[window])", "The number of records in the window for each of its seconds."),
}

var subqueryRollups = []*Function{
	rollup("avg_over_time((expression)[window:step])", "The average of the expression's values at every step of the window."),
	rollup("min_over_time((expression)[window:step])", "The smallest value in the window."),
	rollup("max_over_time((expression)[window:step])", "The largest value in the window."),
	rollup("sum_over_time((expression)[window:step])", "The sum of the values in the window."),
	rollup("count_over_time((expression)[window:step])", "How many values there are in the window."),
	rollup("first_over_time((expression)[window:step])", "The first value in the window."),
	rollup("last_over_time((expression)[window:step])", "The last value in the window."),
	rollup("stddev_over_time((expression)[window:step])", "The standard deviation of the values in the window."),
	rollup("stdvar_over_time((expression)[window:step])", "The variance of the values in the window."),
	rollup("median_over_time((expression)[window:step])", "The median of the values in the window."),
	rollup("quantile_over_time(phi, (expression)[window:step])", "The phi-quantile of the values in the window; phi is from 0 to 1."),
	rollup("mode_over_time((expression)[window:step])", "The value that occurs most often in the window."),
	rollup("distinct_over_time((expression)[window:step])", "How many different values there are in the window."),
	rollup("geomean_over_time((expression)[window:step])", "The geometric mean of the values in the window."),
	rollup("sum2_over_time((expression)[window:step])", "The sum of the squares of the values in the window."),
	rollup("range_over_time((expression)[window:step])", "The largest value in the window less the smallest."),
	rollup("present_over_time((expression)[window:step])", "1 where the window has a value."),
	rollup("count_gt_over_time((expression)[window:step], limit)", "How many values in the window are greater than the limit."),
	rollup("count_le_over_time((expression)[window:step], limit)", "How many values in the window are less than the limit or equal."),
	rollup("count_eq_over_time((expression)[window:step], limit)", "How many values in the window equal the limit."),
	rollup("count_ne_over_time((expression)[window:step], limit)", "How many values in the window differ from the limit."),
	rollup("share_gt_over_time((expression)[window:step], limit)", "The share of the values in the window that are greater than the limit."),
	rollup("share_le_over_time((expression)[window:step], limit)", "The share of the values in the window that are less than the limit or equal."),
	rollup("share_eq_over_time((expression)[window:step], limit)", "The share of the values in the window that equal the limit."),
}

var aggregates = []*Function{
	aggregate("sum(values)", "The sum, by or without labels. By any label of a record where it is right around increase."),
	aggregate("count(values)", "How many series have a value."),
	aggregate("avg(values)", "The average."),
	aggregate("min(values)", "The smallest value."),
	aggregate("max(values)", "The largest value."),
	aggregate("group(values)", "1 for each group that has a value."),
	aggregate("stddev(values)", "The standard deviation."),
	aggregate("stdvar(values)", "The variance."),
	aggregate("median(values)", "The median."),
	aggregate("mode(values)", "The value that occurs most often."),
	aggregate("distinct(values)", "How many different values there are."),
	aggregate("sum2(values)", "The sum of the squares."),
	aggregate("geomean(values)", "The geometric mean."),
	aggregate("quantile(phi, values)", "The phi-quantile; phi is from 0 to 1."),
	aggregate("topk(k, values)", "The k largest series at each step. Of equal ones those whose labels come first."),
	aggregate("bottomk(k, values)", "The k smallest series at each step."),
	aggregate("topk_max(k, values)", "The k series with the largest maximum in the range."),
	aggregate("topk_min(k, values)", "The k series with the largest minimum in the range."),
	aggregate("topk_avg(k, values)", "The k series with the largest average in the range."),
	aggregate("topk_median(k, values)", "The k series with the largest median in the range."),
	aggregate("topk_last(k, values)", "The k series with the largest last value in the range."),
	aggregate("bottomk_max(k, values)", "The k series with the smallest maximum in the range."),
	aggregate("bottomk_min(k, values)", "The k series with the smallest minimum in the range."),
	aggregate("bottomk_avg(k, values)", "The k series with the smallest average in the range."),
	aggregate("bottomk_median(k, values)", "The k series with the smallest median in the range."),
	aggregate("bottomk_last(k, values)", "The k series with the smallest last value in the range."),
	aggregate("limitk(k, values)", "Any k series: those whose labels come first."),
	aggregate("any(values)", "One series of each group: the one whose labels come first."),
	aggregate("share(values)", "Each series' share of its group's sum, from 0 to 1."),
}

var transforms = []*Function{
	transform("abs(values)", "The absolute value."),
	transform("ceil(values)", "Rounded up."),
	transform("floor(values)", "Rounded down."),
	transform("round(values, [nearest])", "Rounded to a whole number, or to a multiple of nearest."),
	transform("sqrt(values)", "The square root."),
	transform("exp(values)", "The exponential."),
	transform("ln(values)", "The natural logarithm."),
	transform("log2(values)", "The logarithm to base 2."),
	transform("log10(values)", "The logarithm to base 10."),
	transform("sgn(values)", "1, 0 or -1: the sign."),
	transform("sin(values)", "The sine, of radians."),
	transform("cos(values)", "The cosine, of radians."),
	transform("tan(values)", "The tangent, of radians."),
	transform("asin(values)", "The inverse sine, in radians."),
	transform("acos(values)", "The inverse cosine, in radians."),
	transform("atan(values)", "The inverse tangent, in radians."),
	transform("sinh(values)", "The hyperbolic sine."),
	transform("cosh(values)", "The hyperbolic cosine."),
	transform("tanh(values)", "The hyperbolic tangent."),
	transform("asinh(values)", "The inverse hyperbolic sine."),
	transform("acosh(values)", "The inverse hyperbolic cosine."),
	transform("atanh(values)", "The inverse hyperbolic tangent."),
	transform("deg(values)", "Degrees of radians."),
	transform("rad(values)", "Radians of degrees."),
	transform("clamp(values, min, max)", "Not less than min and not more than max."),
	transform("clamp_min(values, min)", "Not less than min."),
	transform("clamp_max(values, max)", "Not more than max."),
	transform("sort(values)", "Series by their last value, the smallest first."),
	transform("sort_desc(values)", "Series by their last value, the largest first."),
	transform("sort_by_label(values, \"label\", ...)", "Series by the text of labels.", 1),
	transform("sort_by_label_desc(values, \"label\", ...)", "Series by the text of labels, last first.", 1),
	transform("scalar(values)", "The one series' values without labels; nothing where there are several."),
	transform("vector(values)", "The values as they are."),
	transform("time()", "The time of each step, in seconds since 1970."),
	transform("start()", "The first time of the range."),
	transform("end()", "The last time of the range."),
	transform("step()", "The step, in seconds."),
	transform("pi()", "3.14159..."),
	transform("hour([times])", "The hour of the day in UTC, of each step or of times."),
	transform("minute([times])", "The minute of the hour in UTC."),
	transform("day_of_week([times])", "The day of the week in UTC: 0 is Sunday."),
	transform("day_of_month([times])", "The day of the month in UTC."),
	transform("day_of_year([times])", "The day of the year in UTC."),
	transform("days_in_month([times])", "How many days the month has."),
	transform("month([times])", "The month in UTC, from 1."),
	transform("year([times])", "The year in UTC."),
	transform("timezone_offset(\"zone\")", "How many seconds a time zone, such as Europe/Berlin, is ahead of UTC at each step.", 0),
	transform("absent(values)", "1 where no series has a value."),
	transform("union(values, ...)", "The series of all arguments."),
	{Name: "", Kind: "transform", Signature: "(values, values)", least: 1, most: -1},
	transform("keep_last_value(values)", "Gaps filled with the value before them."),
	transform("keep_next_value(values)", "Gaps filled with the value after them."),
	transform("running_sum(values)", "The sum of the values so far."),
	transform("running_avg(values)", "The average of the values so far."),
	transform("running_min(values)", "The smallest value so far."),
	transform("running_max(values)", "The largest value so far."),
	transform("range_sum(values)", "The sum of all values in the range, at each step."),
	transform("range_avg(values)", "The average of all values in the range."),
	transform("range_min(values)", "The smallest value in the range."),
	transform("range_max(values)", "The largest value in the range."),
	transform("range_first(values)", "The first value in the range."),
	transform("range_last(values)", "The last value in the range."),
	transform("range_stddev(values)", "The standard deviation of the values in the range."),
	transform("range_stdvar(values)", "The variance of the values in the range."),
	transform("label_replace(values, \"target\", \"replacement\", \"source\", \"regex\")", "Sets a label to what a regular expression finds in another.", 1, 4),
	transform("label_join(values, \"target\", \"separator\", \"label\", ...)", "Sets a label to others, joined.", 1, 3),
	transform("label_set(values, \"label\", \"text\", ...)", "Sets labels to texts.", 1, 2),
	transform("label_copy(values, \"from\", \"to\", ...)", "Copies labels.", 1, 2),
	transform("label_move(values, \"from\", \"to\", ...)", "Renames labels.", 1, 2),
	transform("label_del(values, \"label\", ...)", "Removes labels.", 1),
	transform("label_keep(values, \"label\", ...)", "Removes all other labels.", 1),
	transform("label_lowercase(values, \"label\", ...)", "Labels in lower case.", 1),
	transform("label_uppercase(values, \"label\", ...)", "Labels in upper case.", 1),
}

// Rejection says why functions are not supported, and what to write instead.
type Rejection struct {
	Names   []string `json:"names"`
	Why     string   `json:"why"`
	Instead string   `json:"instead"`
}

// Rejected lists what metrics databases have and records cannot answer, or not yet.
var Rejected = []Rejection{
	{[]string{"irate", "idelta", "ideriv", "deriv", "deriv_fast", "changes", "changes_prometheus", "resets", "lag", "lifetime", "scrape_interval", "rollup_scrape_interval",
		"tfirst_over_time", "tlast_over_time", "tlast_change_over_time", "timestamp", "timestamp_with_name", "tmax_over_time", "tmin_over_time", "duration_over_time",
		"stale_samples_over_time", "increases_over_time", "decreases_over_time", "ascent_over_time", "descent_over_time", "integrate", "default_rollup", "remove_resets"},
		"depends on the samples of scrapes, which records do not have", "use increase(m[w]) or rate(m[w])"},
	{[]string{"increase_prometheus", "delta_prometheus", "rate_prometheus"},
		"guesses what happened between scrapes", "use increase(m[w]) or rate(m[w]), which are exact"},
	{[]string{"rollup", "rollup_candlestick", "rollup_delta", "rollup_deriv", "rollup_increase", "rollup_rate", "aggr_over_time", "quantiles_over_time", "quantiles", "count_values_over_time"},
		"answers several series at once", "ask for each by itself, such as min_over_time and max_over_time of a subquery"},
	{[]string{"histogram", "histogram_over_time", "histogram_quantile", "histogram_quantiles", "histogram_avg", "histogram_share", "histogram_fraction", "histogram_stddev", "histogram_stdvar",
		"prometheus_buckets", "buckets_limit"},
		"is about histograms, which records are not", "use quantile or quantile_over_time"},
	{[]string{"rand", "rand_normal", "rand_exponential", "now"},
		"answers differently each time, so that an alert rule could not be trusted", "use time(), start() or end()"},
	{[]string{"label_graphite_group"}, "is about Graphite's names", "use label_replace"},
	{[]string{"mad_over_time", "zscore_over_time", "predict_linear", "holt_winters", "hoeffding_bound_lower", "hoeffding_bound_upper", "outlier_iqr_over_time",
		"sum_gt_over_time", "sum_le_over_time", "sum_eq_over_time", "count_values", "outliersk", "outliers_iqr", "outliers_mad", "zscore", "mad",
		"range_linear_regression", "range_mad", "range_normalize", "range_quantile", "range_trim_outliers", "range_trim_spikes", "range_trim_zscore", "range_zscore",
		"smooth_exponential", "interpolate"},
		"is not supported yet", "use avg_over_time, stddev_over_time or quantile_over_time of a subquery"},
	{[]string{"label_map", "label_transform", "label_value", "label_match", "label_mismatch", "labels_equal", "drop_common_labels", "sort_by_label_numeric", "sort_by_label_numeric_desc"},
		"is not supported yet", "use label_replace, label_set, label_keep or sort_by_label, or filter in the selector"},
	{[]string{"limit_offset", "drop_empty_series"}, "is not supported yet", "use limitk, topk or a comparison"},
	{[]string{"bitmap_and", "bitmap_or", "bitmap_xor"}, "is about bits, which counts of records are not", "use arithmetic and comparisons"},
}
