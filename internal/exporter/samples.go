package exporter

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// maxLabelLength bounds label values, in bytes. Names in Entra ID have up to 256 characters.
const maxLabelLength = 1024

// samples gathers what a collector publishes, reading after reading. Samples whose labels came out the same become one,
// because a single label set given twice would spoil the whole scrape. It keeps the labels, of which every scrape has
// thousands, and the highest value of each counter, so that none falls.
type samples struct {
	zeroHold    time.Duration
	regressions prometheus.Counter
	index       map[series]*sample
	key         []byte

	now     time.Time // the database's clock, so that all exporters agree
	reading int
	list    []*sample // of this reading
}

// series identifies a sample.
type series struct {
	of     *metric
	labels string
}

// sample is what is published under a label set: a value, or one for each status, which is the last label then.
type sample struct {
	series
	labels  []string
	reading int
	values  []value
	ranges  []mark // of a histogram, whose value is the sum
}

type value struct {
	mark
	pairs   []*dto.LabelPair
	created time.Time // zero: not in this reading, or unknown
	since   time.Time // created, as last published
}

// mark is a number, and what has been published of it.
type mark struct{ n, last, highest float64 }

// raise updates the highest value, and reports whether the number fell.
func (m *mark) raise() (fell bool) {
	fell = m.n < m.last
	m.last, m.highest = m.n, max(m.highest, m.n)
	return fell
}

// begin begins a reading.
func (s *samples) begin(now time.Time) {
	s.now, s.list = now, s.list[:0]
	s.reading++
}

// counter adds n to a counter.
func (s *samples) counter(m *metric, n int64, created time.Time, labels ...string) {
	v := &s.sample(m, labels).values[0]
	v.n += float64(n)
	v.created = earlier(v.created, created)
}

// histogram adds to a histogram of store.DelayBounds: how many in each range, and their sum.
func (s *samples) histogram(m *metric, ranges []int64, sum float64, created time.Time, labels ...string) {
	h := s.sample(m, labels)
	if h.ranges == nil {
		h.ranges = make([]mark, len(delayBounds)+1)
	}
	for i, n := range ranges[:min(len(ranges), len(h.ranges))] {
		h.ranges[i].n += float64(n)
	}
	h.values[0].n += sum
	h.values[0].created = earlier(h.values[0].created, created)
}

// gauge adds n to a gauge.
func (s *samples) gauge(m *metric, n float64, labels ...string) {
	s.sample(m, labels).values[0].n += n
}

// info sets a gauge to 1: what there is to know is in the labels.
func (s *samples) info(m *metric, labels ...string) {
	s.sample(m, labels).values[0].n = 1
}

// timestamp sets a gauge to the latest of the times it is given.
func (s *samples) timestamp(m *metric, at time.Time, labels ...string) {
	v := &s.sample(m, labels).values[0]
	v.n = max(v.n, float64(at.UnixMicro())/1e6)
}

// sample returns the sample of a label set, with a value for each of the statuses.
func (s *samples) sample(m *metric, labels []string, statuses ...string) *sample {
	s.key = s.key[:0]
	for i := range labels {
		labels[i] = label(labels[i])
		s.key = append(append(s.key, labels[i]...), separator...)
	}
	found := s.index[series{m, string(s.key)}]
	if found == nil {
		found = &sample{series: series{m, string(s.key)}, labels: slices.Clone(labels)}
		if len(statuses) == 0 {
			found.values = []value{{pairs: m.pairs(found.labels...)}}
		}
		for _, status := range statuses {
			found.add(status)
		}
		s.index[found.series] = found
	}
	if found.reading != s.reading {
		found.reading = s.reading
		for i := range found.values {
			found.values[i].n, found.values[i].created = 0, time.Time{}
		}
		for i := range found.ranges {
			found.ranges[i].n = 0
		}
		s.list = append(s.list, found)
	}
	return found
}

// add adds a value for a status.
func (s *sample) add(status string) {
	s.values = append(s.values, value{pairs: s.of.pairs(append(slices.Clone(s.labels), status)...)})
}

// publish returns the series of this reading, in the order of their labels.
func (s *samples) publish() []published {
	slices.SortFunc(s.list, func(a, b *sample) int { return cmp.Compare(a.series.labels, b.series.labels) })
	all := make([]published, 0, len(s.list))
	for _, m := range s.list {
		switch m.of.kind {
		case dto.MetricType_GAUGE:
			gauge := &dto.Gauge{Value: proto.Float64(m.values[0].n)}
			all = append(all, published{m.of, &dto.Metric{Label: m.values[0].pairs, Gauge: gauge}})
		case dto.MetricType_HISTOGRAM:
			all = append(all, s.asHistogram(m))
		default:
			all = s.appendCounters(all, m)
		}
	}
	if len(s.index) > len(s.list) { // what is no counter is not remembered
		maps.DeleteFunc(s.index, func(_ series, m *sample) bool {
			return m.of.kind == dto.MetricType_GAUGE && m.reading != s.reading
		})
	}
	return all
}

// rise makes a value the one to publish: 0 if it was created less than the zero hold ago, and else no less than before,
// unless it has been created anew.
func (s *samples) rise(v *value, ranges []mark) {
	if v.created.After(v.since) {
		v.mark = mark{n: v.n}
		for i := range ranges {
			ranges[i] = mark{n: ranges[i].n}
		}
	}
	v.since = v.created
	if s.now.Before(v.created.Add(s.zeroHold)) {
		v.n = 0
		for i := range ranges {
			ranges[i].n = 0
		}
	}
	fell := v.raise()
	for i := range ranges {
		fell = ranges[i].raise() || fell
	}
	if fell {
		s.regressions.Inc()
	}
}

func (s *samples) appendCounters(all []published, m *sample) []published {
	counters := make([]struct {
		metric dto.Metric
		dto.Counter
		n float64
	}, len(m.values)) // one piece of memory takes less time than many
	var created *timestamppb.Timestamp
	for i := range m.values {
		v, c := &m.values[i], &counters[i]
		if v.created.IsZero() {
			continue
		}
		s.rise(v, nil)
		if created == nil || !v.created.Equal(m.values[i-1].created) {
			created = timestamppb.New(v.created)
		}
		c.n = v.highest
		c.Value, c.CreatedTimestamp = &c.n, created
		c.metric.Label, c.metric.Counter = v.pairs, &c.Counter
		all = append(all, published{m.of, &c.metric})
	}
	return all
}

func (s *samples) asHistogram(m *sample) published {
	v := &m.values[0]
	s.rise(v, m.ranges)
	count, buckets := uint64(0), make([]*dto.Bucket, len(delayBounds))
	for i, r := range m.ranges {
		count += uint64(r.highest)
		if i < len(delayBounds) {
			buckets[i] = &dto.Bucket{UpperBound: &delayBounds[i], CumulativeCount: proto.Uint64(count)}
		}
	}
	return published{m.of, &dto.Metric{Label: v.pairs, Histogram: &dto.Histogram{
		SampleCount: &count, SampleSum: proto.Float64(v.highest), Bucket: buckets, CreatedTimestamp: timestamppb.New(v.created),
	}}}
}

// label makes any text a valid label value.
func label(text string) string {
	if len(text) <= maxLabelLength && utf8.ValidString(text) {
		return text
	}
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) > maxLabelLength {
		text = strings.ToValidUTF8(text[:maxLabelLength], "") + "…"
	}
	return text
}

// separator stands between texts in a key. None of them holds it, as it is not valid UTF-8.
const separator = "\xff"
