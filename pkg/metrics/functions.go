package metrics

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metricsql"
)

// Function is a function or an aggregate that expressions may use: how it is written, what it is for, and what evaluates it.
type Function struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"` // "rollup", "aggregate" or "transform"
	Signature string `json:"signature"`
	Help      string `json:"help"`

	minArgs, maxArgs int            // maxArgs < 0: any number
	isText           func(int) bool // which arguments are texts
	several          bool           // has a result for each of several parameters, told apart by a label

	// One of these evaluates it. A rollup that has none says where there is nothing.
	records   func(n, seconds float64) float64
	over      windowFunc
	aggregate aggregateFunc
	transform transformFunc

	parse      func(n *transformNode) error // reads the texts that it is given
	sorted     bool                         // its series stay in the order in which they come
	now        bool                         // is the time of each step
	pushedDown bool                         // records are counted by its labels at once
}

// windowFunc is a function of the values in a window.
type windowFunc func(p points, parameter float64) float64

func find(list []*Function, name string) *Function {
	name = strings.ToLower(name)
	if i := slices.IndexFunc(list, func(f *Function) bool { return f.Name == name }); i >= 0 {
		return list[i]
	}
	return nil
}

// Functions lists everything that expressions may use.
func Functions() []*Function {
	all := slices.Concat(counterRollups, streamRollups, subqueryRollups, aggregates, transforms)
	return slices.DeleteFunc(all, func(f *Function) bool { return f.Name == "" })
}

// function takes as many arguments as the signature has, fewer of those in brackets, and any number where it has dots.
func function(kind, signature, help string) *Function {
	name, list, _ := strings.Cut(strings.TrimSuffix(signature, ")"), "(")
	f := &Function{Name: name, Kind: kind, Signature: signature, Help: help}
	arguments := slices.DeleteFunc(strings.Split(list, ", "), func(a string) bool { return a == "" })
	for _, a := range arguments {
		switch {
		case a == "...":
			f.maxArgs = -1
			continue
		case !strings.HasPrefix(a, "["):
			f.minArgs++
		}
		if f.maxArgs >= 0 {
			f.maxArgs++
		}
	}
	f.several = f.maxArgs < 0 && arguments[len(arguments)-1] != "..."
	f.isText = func(i int) bool { // dots at the end repeat what is before them
		a := arguments[min(i, len(arguments)-1)]
		return strings.HasPrefix(a, `"`) || a == "..." && !f.several && strings.HasPrefix(arguments[len(arguments)-2], `"`)
	}
	return f
}

// takes checks how many arguments there are, and that texts are where they belong.
func (f *Function) takes(name string, args []metricsql.Expr) error {
	if n := len(args); n < f.minArgs || n > f.maxArgs && f.maxArgs >= 0 {
		return refuse(name, "%s has %d arguments: write it as %s", name, n, f.Signature)
	}
	for i, arg := range args {
		if _, text := arg.(*metricsql.StringExpr); text != f.isText(i) {
			return refuse(name, "argument %d of %s is not what belongs there: write it as %s", i+1, name, f.Signature)
		}
	}
	return nil
}

func ofRecords(signature, help string, f func(n, seconds float64) float64) *Function {
	rollup := function("rollup", signature, help)
	rollup.records = f
	return rollup
}

func overTime(signature, help string, f windowFunc) *Function {
	rollup := function("rollup", strings.Replace(signature, "$q", "(expression)[window:step]", 1), help)
	rollup.over = f
	return rollup
}

func aggregate(signature, help string, f aggregateFunc) *Function {
	aggregate := function("aggregate", signature, help)
	aggregate.aggregate = f
	return aggregate
}

func transform(signature, help string, f transformFunc) *Function {
	transform := function("transform", signature, help)
	transform.transform = f
	return transform
}

func (f *Function) parsing(parse func(n *transformNode) error) *Function { f.parse = parse; return f }
func (f *Function) ordering() *Function                                  { f.sorted = true; return f }
func (f *Function) current() *Function                                   { f.now = true; return f }
func (f *Function) pushing() *Function                                   { f.pushedDown = true; return f }

// Functions of records in a window, of counters and of streams.
var (
	counterRollups = []*Function{
		ofRecords("increase(counter[window])",
			"The number of records in the window, its end included. Never a fraction, never an estimate. Without a window: in one step.",
			recordCount),
		ofRecords("increase_pure(counter[window])", "The same as increase: no counter here begins with a value.", recordCount),
		ofRecords("delta(counter[window])", "The same as increase.", recordCount),
		ofRecords("rate(counter[window])", "The number of records in the window for each of its seconds.", recordsPerSecond),
	}
	streamRollups = []*Function{
		ofRecords("count_over_time(records[window])", "The number of records in the window.", recordCount),
		ofRecords("sum_over_time(records[window])", "The same as count_over_time: each record has the value 1.", recordCount),
		ofRecords("present_over_time(records[window])", "1 where the window holds a record.", recordPresence),
		ofRecords("absent_over_time(records[window])", "1 where the window holds no record.", nil),
		ofRecords("rate_over_sum(records[window])", "The number of records in the window for each of its seconds.", recordsPerSecond),
	}
)

// subqueryRollups are functions of the values of a subquery in a window; $q stands for the subquery.
var subqueryRollups = []*Function{
	overTime("avg_over_time($q)", "The average of the expression's values at every step of the window.", ofValues(average)),
	overTime("min_over_time($q)", "The smallest value in the window.", ofValues(slices.Min)),
	overTime("max_over_time($q)", "The largest value in the window.", ofValues(slices.Max)),
	overTime("sum_over_time($q)", "The sum of the values in the window.", ofValues(sum)),
	overTime("count_over_time($q)", "How many values there are in the window.", ofValues(length)),
	overTime("first_over_time($q)", "The first value in the window.", ofValues(firstValue)),
	overTime("last_over_time($q)", "The last value in the window.", ofValues(lastValue)),
	overTime("stddev_over_time($q)", "The standard deviation of the values in the window.", ofValues(standardDev)),
	overTime("stdvar_over_time($q)", "The variance of the values in the window.", ofValues(variance)),
	overTime("median_over_time($q)", "The median of the values in the window.", ofValues(median)),
	overTime("quantile_over_time(phi, $q)", "The phi-quantile of the values in the window; phi is from 0 to 1.", quantileOf),
	overTime("mode_over_time($q)", "The value that occurs most often in the window.", ofValues(mode)),
	overTime("distinct_over_time($q)", "How many different values there are in the window.", ofValues(distinctCount)),
	overTime("geomean_over_time($q)", "The geometric mean of the values in the window.", ofValues(geometricMean)),
	overTime("sum2_over_time($q)", "The sum of the squares of the values in the window.", ofValues(sumOfSquares)),
	overTime("range_over_time($q)", "The largest value in the window less the smallest.", ofValues(valueRange)),
	overTime("present_over_time($q)", "1 where the window has a value.", ofValues(one)),
	overTime("count_gt_over_time($q, limit)", "How many values in the window are greater than the limit.", countIf(greater)),
	overTime("count_le_over_time($q, limit)", "How many values in the window are less than the limit or equal.", countIf(lessOrEqual)),
	overTime("count_eq_over_time($q, limit)", "How many values in the window equal the limit.", countIf(equal)),
	overTime("count_ne_over_time($q, limit)", "How many values in the window differ from the limit.", countIf(notEqual)),
	overTime("share_gt_over_time($q, limit)", "The share of the values in the window that are greater than the limit.", shareIf(greater)),
	overTime("share_le_over_time($q, limit)",
		"The share of the values in the window that are less than the limit or equal.", shareIf(lessOrEqual)),
	overTime("share_eq_over_time($q, limit)", "The share of the values in the window that equal the limit.", shareIf(equal)),
	overTime("sum_gt_over_time($q, limit)", "The sum of the values in the window that are greater than the limit.", sumIf(greater)),
	overTime("sum_le_over_time($q, limit)",
		"The sum of the values in the window that are less than the limit or equal.", sumIf(lessOrEqual)),
	overTime("sum_eq_over_time($q, limit)", "The sum of the values in the window that equal the limit.", sumIf(equal)),
	overTime("absent_over_time($q)", "1 where the window has no value of any series.", nil),
	overTime("rate_over_sum($q)", "The sum of the values in the window for each of its seconds.", sumPerSecond),
	overTime("mad_over_time($q)", "The median of how far the values in the window are from their median.", ofValues(deviation)),
	overTime("zscore_over_time($q)",
		"How many standard deviations the last value in the window is from their average.", ofValues(lastScore)),
	overTime("outlier_iqr_over_time($q)",
		"The last value in the window, where it lies more than one and a half interquartile ranges outside of the quartiles.",
		ofValues(lastOutlier)),
	overTime(`quantiles_over_time("label", phi, ..., $q)`,
		"Several quantiles of the values in the window, told apart by the label.", quantileOf),
	overTime("deriv($q)", "By how much the values rise in a second, on the straight line that fits them best.", slope),
	overTime("predict_linear($q, seconds)", "Where that line will be so many seconds after the window.", predicted),
	overTime("tfirst_over_time($q)", "The time of the first value in the window, in seconds since 1970.", firstTime),
	overTime("tlast_over_time($q)", "The time of the last value in the window.", lastTime),
	overTime("timestamp($q)", "The same as tlast_over_time.", lastTime),
	overTime("tmin_over_time($q)", "The time of the smallest value in the window; of equal ones the last.", extremeTime(-1)),
	overTime("tmax_over_time($q)", "The time of the largest value in the window; of equal ones the last.", extremeTime(1)),
}

var aggregates = []*Function{
	aggregate("sum(values)",
		"The sum, by or without labels. By any label of a record where it is right around increase.",
		accumulate(addValue, endTotal)).pushing(),
	aggregate("count(values)", "How many series have a value.", accumulate(addNothing, endCount)),
	aggregate("avg(values)", "The average.", accumulate(addValue, endAverage)),
	aggregate("min(values)", "The smallest value.", accumulate(keepExtreme(-1), endTotal)),
	aggregate("max(values)", "The largest value.", accumulate(keepExtreme(1), endTotal)),
	aggregate("group(values)", "1 for each group that has a value.", accumulate(addNothing, endPresent)),
	aggregate("stddev(values)", "The standard deviation.", accumulate(welford, endStandardDev)),
	aggregate("stdvar(values)", "The variance.", accumulate(welford, endVariance)),
	aggregate("median(values)", "The median.", eachTime(withoutParameter(median))),
	aggregate("mode(values)", "The value that occurs most often.", eachTime(withoutParameter(mode))),
	aggregate("distinct(values)", "How many different values there are.", eachTime(withoutParameter(distinctCount))),
	aggregate("sum2(values)", "The sum of the squares.", accumulate(addSquare, endTotal)),
	aggregate("geomean(values)", "The geometric mean.", eachTime(withoutParameter(geometricMean))),
	aggregate("quantile(phi, values)", "The phi-quantile; phi is from 0 to 1.", eachTime(quantile)),
	aggregate("topk(k, values)", "The k largest series at each step. Of equal ones those whose labels come first.", rank(true)),
	aggregate("bottomk(k, values)", "The k smallest series at each step.", rank(false)),
	aggregate("topk_max(k, values)", "The k series with the largest maximum in the range.", best(1, slices.Max)),
	aggregate("topk_min(k, values)", "The k series with the largest minimum in the range.", best(1, slices.Min)),
	aggregate("topk_avg(k, values)", "The k series with the largest average in the range.", best(1, average)),
	aggregate("topk_median(k, values)", "The k series with the largest median in the range.", best(1, median)),
	aggregate("topk_last(k, values)", "The k series with the largest last value in the range.", best(1, lastValue)),
	aggregate("bottomk_max(k, values)", "The k series with the smallest maximum in the range.", best(-1, slices.Max)),
	aggregate("bottomk_min(k, values)", "The k series with the smallest minimum in the range.", best(-1, slices.Min)),
	aggregate("bottomk_avg(k, values)", "The k series with the smallest average in the range.", best(-1, average)),
	aggregate("bottomk_median(k, values)", "The k series with the smallest median in the range.", best(-1, median)),
	aggregate("bottomk_last(k, values)", "The k series with the smallest last value in the range.", best(-1, lastValue)),
	aggregate("limitk(k, values)", "Any k series: those whose labels come first.", wholeGroup(firstKSeries)),
	aggregate("any(values)", "One series of each group: the one whose labels come first.", wholeGroup(firstSeries)),
	aggregate("share(values)", "Each series' share of its group's sum, from 0 to 1.", wholeGroup(shares)),
	aggregate("mad(values)", "The median of how far the values are from their median.", eachTime(withoutParameter(deviation))),
	aggregate("zscore(values)", "How many standard deviations each series is from its group's average.", wholeGroup(scores)),
	aggregate("outliers_iqr(values)",
		"The series that lie, at any time, more than one and a half interquartile ranges outside of their group's quartiles.",
		outliers(withinFences)),
	aggregate("outliers_mad(tolerance, values)",
		"The series that are, at any time, farther from their group's median than tolerance times the median of these distances.",
		outliers(nearMedian)),
	aggregate("outliersk(k, values)", "The k series that are farthest from their group's median in the range.", wholeGroup(farthest)),
	aggregate(`count_values("label", values)`, "How many series have each value, which is put into the label.", wholeGroup(countValues)),
	aggregate(`quantiles("label", phi, ..., values)`, "Several quantiles, told apart by the label.", eachTime(quantile)),
}

var transforms = []*Function{
	transform("abs(values)", "The absolute value.", ofNumber(math.Abs)),
	transform("ceil(values)", "Rounded up.", ofNumber(math.Ceil)),
	transform("floor(values)", "Rounded down.", ofNumber(math.Floor)),
	transform("round(values, [nearest])", "Rounded to a whole number, or to a multiple of nearest.", bounded(round)),
	transform("sqrt(values)", "The square root.", ofNumber(math.Sqrt)),
	transform("exp(values)", "The exponential.", ofNumber(math.Exp)),
	transform("ln(values)", "The natural logarithm.", ofNumber(math.Log)),
	transform("log2(values)", "The logarithm to base 2.", ofNumber(math.Log2)),
	transform("log10(values)", "The logarithm to base 10.", ofNumber(math.Log10)),
	transform("sgn(values)", "1, 0 or -1: the sign.", ofNumber(sign)),
	transform("sin(values)", "The sine, of radians.", ofNumber(math.Sin)),
	transform("cos(values)", "The cosine, of radians.", ofNumber(math.Cos)),
	transform("tan(values)", "The tangent, of radians.", ofNumber(math.Tan)),
	transform("asin(values)", "The inverse sine, in radians.", ofNumber(math.Asin)),
	transform("acos(values)", "The inverse cosine, in radians.", ofNumber(math.Acos)),
	transform("atan(values)", "The inverse tangent, in radians.", ofNumber(math.Atan)),
	transform("sinh(values)", "The hyperbolic sine.", ofNumber(math.Sinh)),
	transform("cosh(values)", "The hyperbolic cosine.", ofNumber(math.Cosh)),
	transform("tanh(values)", "The hyperbolic tangent.", ofNumber(math.Tanh)),
	transform("asinh(values)", "The inverse hyperbolic sine.", ofNumber(math.Asinh)),
	transform("acosh(values)", "The inverse hyperbolic cosine.", ofNumber(math.Acosh)),
	transform("atanh(values)", "The inverse hyperbolic tangent.", ofNumber(math.Atanh)),
	transform("deg(values)", "Degrees of radians.", ofNumber(degrees)),
	transform("rad(values)", "Radians of degrees.", ofNumber(radians)),
	transform("clamp(values, min, max)", "Not less than min and not more than max.", bounded(clamp)),
	transform("clamp_min(values, min)", "Not less than min.", bounded(clampMin)),
	transform("clamp_max(values, max)", "Not more than max.", bounded(clampMax)),
	transform("sort(values)", "Series by their last value, the smallest first.", sortByLast(1)).ordering(),
	transform("sort_desc(values)", "Series by their last value, the largest first.", sortByLast(-1)).ordering(),
	transform(`sort_by_label(values, "label", ...)`, "Series by the text of labels.", sortByLabel(1, strings.Compare)).ordering(),
	transform(`sort_by_label_desc(values, "label", ...)`,
		"Series by the text of labels, last first.", sortByLabel(-1, strings.Compare)).ordering(),
	transform("scalar(values)", "The one series' values without labels; nothing where there are several.", scalar),
	transform("vector(values)", "The values as they are.", vector),
	transform("time()", "The time of each step, in seconds since 1970.", timeOfStep).current(),
	transform("start()", "The first time of the range.", constant(startTime)),
	transform("end()", "The last time of the range.", constant(endTime)),
	transform("step()", "The step, in seconds.", constant(stepLength)),
	transform("pi()", "3.14159...", constant(pi)),
	transform("hour([times])", "The hour of the day in UTC, of each step or of times.", ofTime(time.Time.Hour)),
	transform("minute([times])", "The minute of the hour in UTC.", ofTime(time.Time.Minute)),
	transform("day_of_week([times])", "The day of the week in UTC: 0 is Sunday.", ofTime(weekday)),
	transform("day_of_month([times])", "The day of the month in UTC.", ofTime(time.Time.Day)),
	transform("day_of_year([times])", "The day of the year in UTC.", ofTime(time.Time.YearDay)),
	transform("days_in_month([times])", "How many days the month has.", ofTime(daysInMonth)),
	transform("month([times])", "The month in UTC, from 1.", ofTime(month)),
	transform("year([times])", "The year in UTC.", ofTime(time.Time.Year)),
	transform(`timezone_offset("zone")`,
		"How many seconds a time zone, such as Europe/Berlin, is ahead of UTC at each step.", zoneOffset).parsing(parseZone),
	transform("absent(values)", "1 where no series has a value.", absent),
	transform("union(values, ...)", "The series of all arguments.", union),
	transform("(values, ...)", "", union),
	transform("keep_last_value(values)", "Gaps filled with the value before them.", ofSeries(fill)),
	transform("keep_next_value(values)", "Gaps filled with the value after them.", ofSeries(fillBack)),
	transform("running_sum(values)", "The sum of the values so far.", running(plus, false)),
	transform("running_avg(values)", "The average of the values so far.", running(plus, true)),
	transform("running_min(values)", "The smallest value so far.", running(math.Min, false)),
	transform("running_max(values)", "The largest value so far.", running(math.Max, false)),
	transform("range_sum(values)", "The sum of all values in the range, at each step.", throughGaps(sum)),
	transform("range_avg(values)", "The average of all values in the range.", throughGaps(average)),
	transform("range_min(values)", "The smallest value in the range.", throughGaps(slices.Min)),
	transform("range_max(values)", "The largest value in the range.", throughGaps(slices.Max)),
	transform("range_first(values)", "The first value in the range.", overall(firstValue)),
	transform("range_last(values)", "The last value in the range.", overall(lastValue)),
	transform("range_stddev(values)", "The standard deviation of the values in the range.", overall(standardDev)),
	transform("range_stdvar(values)", "The variance of the values in the range.", overall(variance)),
	transform("range_mad(values)", "The median of how far the values in the range are from their median.", overall(deviation)),
	transform("range_quantile(phi, values)", "The phi-quantile of the values in the range.", overRange(overallQuantile)),
	transform("range_zscore(values)", "How many standard deviations each value is from the average of the range.", overRange(scored)),
	transform("range_normalize(values, ...)", "The values moved and scaled to the range from 0 to 1.", overRange(normalized)),
	transform("range_linear_regression(values)", "The straight line that fits the values in the range best.", linearRegression),
	transform("range_trim_outliers(k, values)",
		"Without values farther from the median than k times the median of these distances.", overRange(withoutOutliers)),
	transform("range_trim_spikes(phi, values)",
		"Without the part phi of the values that is farthest from the median, half of it above and half below.",
		overRange(withoutSpikes)),
	transform("range_trim_zscore(z, values)",
		"Without values that are more than z standard deviations from the average.", overRange(withoutHighScores)),
	transform("smooth_exponential(values, factor)",
		"Smoothed: each value counts by the factor, from 0 to 1, and what was before by the rest.", smooth),
	transform("interpolate(values)", "Gaps filled with a straight line between the values around them.", ofSeries(interpolate)),
	transform("limit_offset(limit, offset, values)",
		"At most so many series, after the first few, in the order of their labels.", limitOffset),
	transform("drop_empty_series(values)", "Without series that have no value at all, so that default does not fill them.", dropEmpty),
	transform("bitmap_and(values, mask)", "The bits that whole numbers and the mask have in common.", ofBits(bitAnd)),
	transform("bitmap_or(values, mask)", "The bits that whole numbers or the mask have.", ofBits(bitOr)),
	transform("bitmap_xor(values, mask)", "The bits in which whole numbers and the mask differ.", ofBits(bitXor)),
	transform("drop_common_labels(values, ...)", "Without the labels that all series have alike.", dropCommonLabels),
	transform(`sort_by_label_numeric(values, "label", ...)`,
		"Series by labels, the numbers in them by size.", sortByLabel(1, compareNumbers)).ordering(),
	transform(`sort_by_label_numeric_desc(values, "label", ...)`,
		"Series by labels, the numbers in them by size, last first.", sortByLabel(-1, compareNumbers)).ordering(),
	transform(`label_value(values, "label")`, "The number that a label is, where there is a value.", ofSeries(labelValue)),
	transform(`label_match(values, "label", "regex")`,
		"The series whose label fits a regular expression.", keepSeries(labelMatches)).parsing(parsePattern(1)),
	transform(`label_mismatch(values, "label", "regex")`,
		"The series whose label does not.", keepSeries(labelMismatches)).parsing(parsePattern(1)),
	transform(`labels_equal(values, "label", "label", ...)`, "The series whose labels are the same.", keepSeries(labelsEqual)),
	transform(`label_map(values, "label", "from", "to", ...)`,
		"Texts of a label in the place of others.", relabel(mapLabel)).parsing(parsePairs(1)),
	transform(`label_transform(values, "label", "regex", "replacement")`,
		"Replaces every part of a label that fits a regular expression.", relabel(replaceInLabel)).parsing(parsePartPattern),
	transform(`label_replace(values, "target", "replacement", "source", "regex")`,
		"Sets a label to what a regular expression finds in another.", relabel(replaceLabel)).parsing(parsePattern(3)),
	transform(`label_join(values, "target", "separator", "label", ...)`, "Sets a label to others, joined.", relabel(joinLabels)),
	transform(`label_set(values, "label", "text", ...)`, "Sets labels to texts.", relabel(setLabels)).parsing(parsePairs(0)),
	transform(`label_copy(values, "from", "to", ...)`, "Copies labels.", relabel(copyLabels)).parsing(parsePairs(0)),
	transform(`label_move(values, "from", "to", ...)`, "Renames labels.", relabel(moveLabels)).parsing(parsePairs(0)),
	transform(`label_del(values, "label", ...)`, "Removes labels.", relabel(deleteLabels)),
	transform(`label_keep(values, "label", ...)`, "Removes all other labels.", relabel(keepLabels)),
	transform(`label_lowercase(values, "label", ...)`, "Labels in lower case.", relabel(changeCase(strings.ToLower))),
	transform(`label_uppercase(values, "label", ...)`, "Labels in upper case.", relabel(changeCase(strings.ToUpper))),
}
