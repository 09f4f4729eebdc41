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

// function takes as many arguments as the signature has, fewer of those in brackets, and any number where it has dots.
func function(kind, signature, help string, texts []int) *Function {
	name, arguments, _ := strings.Cut(strings.TrimSuffix(signature, ")"), "(")
	f := &Function{Name: name, Kind: kind, Signature: signature, Help: help}
	for _, a := range strings.Split(arguments, ", ") {
		switch a {
		case "":
		case "...":
			f.most = -1
		default:
			if f.most >= 0 {
				f.most++
			}
			if !strings.HasPrefix(a, "[") {
				f.least++
			}
		}
	}
	if texts != nil {
		from, to, on := texts[0], texts[len(texts)-1], strings.HasSuffix(arguments, "...")
		f.texts = func(i int) bool { return i >= from && (i <= to || on) }
	}
	return f
}

func rollup(signature, help string, texts ...int) *Function {
	return function("rollup", signature, help, texts)
}

func aggregate(signature, help string, texts ...int) *Function {
	return function("aggregate", signature, help, texts)
}

func transform(signature, help string, texts ...int) *Function {
	return function("transform", signature, help, texts)
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
	rollup("sum_gt_over_time((expression)[window:step], limit)", "The sum of the values in the window that are greater than the limit."),
	rollup("sum_le_over_time((expression)[window:step], limit)", "The sum of the values in the window that are less than the limit or equal."),
	rollup("sum_eq_over_time((expression)[window:step], limit)", "The sum of the values in the window that equal the limit."),
	rollup("absent_over_time((expression)[window:step])", "1 where the window has no value of any series."),
	rollup("rate_over_sum((expression)[window:step])", "The sum of the values in the window for each of its seconds."),
	rollup("mad_over_time((expression)[window:step])", "The median of how far the values in the window are from their median."),
	rollup("zscore_over_time((expression)[window:step])", "How many standard deviations the last value in the window is from their average."),
	rollup("outlier_iqr_over_time((expression)[window:step])", "The last value in the window, where it lies more than one and a half interquartile ranges outside of the quartiles."),
	rollup("quantiles_over_time(\"label\", phi, ..., (expression)[window:step])", "Several quantiles of the values in the window, told apart by the label.", 0),
	rollup("deriv((expression)[window:step])", "By how much the values rise in a second, on the straight line that fits them best."),
	rollup("predict_linear((expression)[window:step], seconds)", "Where that line will be so many seconds after the window."),
	rollup("tfirst_over_time((expression)[window:step])", "The time of the first value in the window, in seconds since 1970."),
	rollup("tlast_over_time((expression)[window:step])", "The time of the last value in the window."),
	rollup("timestamp((expression)[window:step])", "The same as tlast_over_time."),
	rollup("tmin_over_time((expression)[window:step])", "The time of the smallest value in the window; of equal ones the last."),
	rollup("tmax_over_time((expression)[window:step])", "The time of the largest value in the window; of equal ones the last."),
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
	aggregate("mad(values)", "The median of how far the values are from their median."),
	aggregate("zscore(values)", "How many standard deviations each series is from its group's average."),
	aggregate("outliers_iqr(values)", "The series that lie, at any time, more than one and a half interquartile ranges outside of their group's quartiles."),
	aggregate("outliers_mad(tolerance, values)", "The series that are, at any time, farther from their group's median than tolerance times the median of these distances."),
	aggregate("outliersk(k, values)", "The k series that are farthest from their group's median in the range."),
	aggregate("count_values(\"label\", values)", "How many series have each value, which is put into the label.", 0),
	aggregate("quantiles(\"label\", phi, ..., values)", "Several quantiles, told apart by the label.", 0),
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
	transform("range_mad(values)", "The median of how far the values in the range are from their median."),
	transform("range_quantile(phi, values)", "The phi-quantile of the values in the range."),
	transform("range_zscore(values)", "How many standard deviations each value is from the average of the range."),
	transform("range_normalize(values, ...)", "The values moved and scaled to the range from 0 to 1."),
	transform("range_linear_regression(values)", "The straight line that fits the values in the range best."),
	transform("range_trim_outliers(k, values)", "Without values farther from the median than k times the median of these distances."),
	transform("range_trim_spikes(phi, values)", "Without the part phi of the values that is farthest from the median, half of it above and half below."),
	transform("range_trim_zscore(z, values)", "Without values that are more than z standard deviations from the average."),
	transform("smooth_exponential(values, factor)", "Smoothed: each value counts by the factor, from 0 to 1, and what was before by the rest."),
	transform("interpolate(values)", "Gaps filled with a straight line between the values around them."),
	transform("limit_offset(limit, offset, values)", "At most so many series, after the first few, in the order of their labels."),
	transform("drop_empty_series(values)", "Without series that have no value at all, so that default does not fill them."),
	transform("bitmap_and(values, mask)", "The bits that whole numbers and the mask have in common."),
	transform("bitmap_or(values, mask)", "The bits that whole numbers or the mask have."),
	transform("bitmap_xor(values, mask)", "The bits in which whole numbers and the mask differ."),
	transform("drop_common_labels(values, ...)", "Without the labels that all series have alike."),
	transform("sort_by_label_numeric(values, \"label\", ...)", "Series by labels, the numbers in them by size.", 1),
	transform("sort_by_label_numeric_desc(values, \"label\", ...)", "Series by labels, the numbers in them by size, last first.", 1),
	transform("label_value(values, \"label\")", "The number that a label is, where there is a value.", 1),
	transform("label_match(values, \"label\", \"regex\")", "The series whose label fits a regular expression.", 1, 2),
	transform("label_mismatch(values, \"label\", \"regex\")", "The series whose label does not.", 1, 2),
	transform("labels_equal(values, \"label\", \"label\", ...)", "The series whose labels are the same.", 1, 2),
	transform("label_map(values, \"label\", \"from\", \"to\", ...)", "Texts of a label in the place of others.", 1, 3),
	transform("label_transform(values, \"label\", \"regex\", \"replacement\")", "Replaces every part of a label that fits a regular expression.", 1, 3),
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

// Rejection says why a function is not supported, and what to write instead.
type Rejection struct {
	Name    string `json:"name"`
	Why     string `json:"why"`
	Instead string `json:"instead"`
}

// Rejected lists the functions of metrics databases that counts of records cannot answer.
var Rejected = []Rejection{
	{"irate", "takes the last two samples of a scrape, and records are not scraped", "use rate(m[w]), with a window as short as you like"},
	{"idelta", "takes the last two samples of a scrape, and records are not scraped", "use increase(m[w]), with a window as short as you like"},
	{"ideriv", "takes the last two samples of a gauge, and records have none", "use deriv of a subquery, as deriv((increase(m[5m]))[1h:5m])"},
	{"deriv_fast", "takes the first and the last sample of a gauge, and records have none", "use deriv of a subquery, as deriv((increase(m[5m]))[1h:5m])"},
	{"changes", "compares each sample with the one before it, which may lie before the window", "use increase(m[w]) for how often something happened, or count_ne_over_time of a subquery"},
	{"changes_prometheus", "compares each sample with the one before it, and records have none", "use increase(m[w]) for how often something happened, or count_ne_over_time of a subquery"},
	{"resets", "counts how often a scraped counter began anew, and counts of records never do", "leave it out: increase(m[w]) needs no correction"},
	{"remove_resets", "undoes that a scraped counter began anew, and counts of records never do", "leave it out: increase(m[w]) needs no correction"},
	{"increase_prometheus", "guesses by the last sample before the window", "use increase(m[w]), which counts exactly"},
	{"delta_prometheus", "guesses by the last sample before the window", "use delta(m[w]) or increase(m[w]), which count exactly"},
	{"rate_prometheus", "guesses by the last sample before the window", "use rate(m[w]), which is exact"},
	{"increases_over_time", "counts how often samples rise from one to the next, and records have no samples", "use count_gt_over_time(q[w:s], 0) of a subquery of increase(m[s])"},
	{"decreases_over_time", "counts how often samples fall from one to the next, and counts of records never fall", "compare two windows: increase(m[1h]) < increase(m[1h] offset 1h)"},
	{"ascent_over_time", "adds up rises from sample to sample, and records have no samples", "use increase(m[w]), which is all that a counter rises by"},
	{"descent_over_time", "adds up falls from sample to sample, and counts of records never fall", "compare two windows: increase(m[1h] offset 1h) - increase(m[1h])"},
	{"integrate", "weighs each sample with the time to the next one, and records have no samples", "use sum_over_time(q[w:s]) of a subquery, times the step in seconds"},
	{"lag", "tells how old the last sample of a scrape is", "use time() - tlast_over_time((increase(m[1m]) > 0)[1d:1m]) for how long nothing has happened"},
	{"lifetime", "tells how long a series has been scraped", "use tlast_over_time less tfirst_over_time of a subquery, as tlast_over_time((increase(m[1h]) > 0)[30d:1h])"},
	{"duration_over_time", "adds up the times between samples of a scrape", "use count_over_time((increase(m[5m]) > 0)[1d:5m]) * 300 for how long something went on"},
	{"scrape_interval", "tells how often a target is scraped, and records are not", "use step() for how far apart the answer's points are"},
	{"rollup_scrape_interval", "tells how regularly a target is scraped, and records are not", "use step() for how far apart the answer's points are"},
	{"stale_samples_over_time", "counts the marks that a scrape leaves when a target goes away", "use absent_over_time(records[w]) or increase(m[w]) == 0"},
	{"tlast_change_over_time", "compares each sample with the one before it, and records have none", "use tlast_over_time((increase(m[1m]) > 0)[1d:1m]) for when something last happened"},
	{"timestamp_with_name", "keeps the name of what is scraped, which counts of records do not have", "use timestamp of a subquery"},
	{"default_rollup", "takes the last sample of a scrape, and records are not scraped", "use increase(m[w]) on counters and last_over_time of a subquery on anything else"},
	{"holt_winters", "begins with the sample before the window, and records have none", "use smooth_exponential or predict_linear"},
	{"hoeffding_bound_lower", "is a lower bound for samples of something larger, and all records are there", "use quantile_over_time of a subquery"},
	{"hoeffding_bound_upper", "is an upper bound for samples of something larger, and all records are there", "use quantile_over_time of a subquery"},
	{"aggr_over_time", "answers several functions at once, told apart by their name", "ask for each by itself, as min_over_time and max_over_time of a subquery"},
	{"count_values_over_time", "makes a series of every value that ever occurs", "use count_eq_over_time(q[w:s], value) for the values that matter, or count_values"},
	{"rollup", "answers minimum, maximum and average of samples at once", "use min_over_time, max_over_time and avg_over_time of a subquery"},
	{"rollup_candlestick", "answers the first, last, least and largest price at once", "use first_over_time, last_over_time, min_over_time and max_over_time of a subquery"},
	{"rollup_delta", "answers least, largest and average difference between samples at once", "use min_over_time, max_over_time and avg_over_time of a subquery of increase(m[s])"},
	{"rollup_deriv", "answers least, largest and average slope between samples at once", "use deriv of a subquery"},
	{"rollup_increase", "answers least, largest and average increase between samples at once", "use min_over_time, max_over_time and avg_over_time of a subquery of increase(m[s])"},
	{"rollup_rate", "answers least, largest and average rate between samples at once", "use min_over_time, max_over_time and avg_over_time of a subquery of rate(m[s])"},
	{"histogram", "makes VictoriaMetrics' own buckets of values", "use quantiles(\"phi\", 0.5, 0.9, q) or count_values"},
	{"histogram_over_time", "makes VictoriaMetrics' own buckets of samples", "use quantiles_over_time(\"phi\", 0.5, 0.9, q[w:s]) of a subquery"},
	{"histogram_quantile", "estimates from the buckets of a histogram, and records have none: they have values", "use quantile or quantile_over_time, which are exact; for how late records come ask a Prometheus for entra_ingest_delay_seconds"},
	{"histogram_quantiles", "estimates from the buckets of a histogram, and records have none: they have values", "use quantiles or quantiles_over_time, which are exact"},
	{"histogram_avg", "estimates from the buckets of a histogram, and records have none: they have values", "use avg or avg_over_time, which are exact"},
	{"histogram_share", "estimates from the buckets of a histogram, and records have none: they have values", "use share_le_over_time of a subquery, which is exact"},
	{"histogram_fraction", "estimates from the buckets of a histogram, and records have none: they have values", "use share_gt_over_time and share_le_over_time of a subquery, which are exact"},
	{"histogram_stddev", "estimates from the buckets of a histogram, and records have none: they have values", "use stddev or stddev_over_time, which are exact"},
	{"histogram_stdvar", "estimates from the buckets of a histogram, and records have none: they have values", "use stdvar or stdvar_over_time, which are exact"},
	{"prometheus_buckets", "turns VictoriaMetrics' buckets into Prometheus', and records have neither", "use quantile or count_values"},
	{"buckets_limit", "merges the buckets of histograms, and records have none", "use quantile or count_values"},
	{"rand", "answers differently each time, so that no alert rule could be trusted", "use a number"},
	{"rand_normal", "draws from the normal distribution, so that no alert rule could be trusted", "use a number"},
	{"rand_exponential", "draws from the exponential distribution, so that no alert rule could be trusted", "use a number"},
	{"now", "is the time of the question, not that of the answer: the same range would answer differently each time", "use time(), start() or end()"},
	{"label_graphite_group", "takes Graphite's names apart, which there are none of", "use label_replace or label_transform"},
}
