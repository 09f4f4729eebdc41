package exporter

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// maxLabelLength bounds label values, in bytes. Names in Entra ID have up to 256 characters.
const maxLabelLength = 1024

// samples gathers what a collector publishes. Samples whose labels came out the same become one, because a single
// label set given twice would spoil the whole scrape.
type samples struct {
	now       time.Time // the database's clock, so that all exporters agree
	zeroHold  time.Duration
	highWater *highWater

	list  []*sample
	index map[series]*sample
}

// series is what tells samples apart.
type series struct {
	desc   *prometheus.Desc
	labels string
}

type sample struct {
	series
	kind    prometheus.ValueType
	value   float64
	created time.Time // zero: unknown
	labels  []string
	buckets []int64 // of a histogram, whose value is the sum
}

// counter adds n to a counter. One created less than the zero hold ago shows 0.
func (s *samples) counter(desc *prometheus.Desc, n int64, created time.Time, labels ...string) {
	if s.held(created) {
		n = 0
	}
	c := s.sample(desc, prometheus.CounterValue, labels)
	c.value += float64(n)
	c.since(created)
}

// histogram adds to a histogram of store.DelayBounds: how many in each range, and their sum.
func (s *samples) histogram(desc *prometheus.Desc, ranges []int64, sum float64, created time.Time, labels ...string) {
	h := s.sample(desc, prometheus.UntypedValue, labels)
	if h.buckets == nil {
		h.buckets = make([]int64, len(delayBounds)+1)
	}
	h.since(created)
	if s.held(created) {
		return
	}
	for i, n := range ranges[:min(len(ranges), len(h.buckets))] {
		h.buckets[i] += n
	}
	h.value += sum
}

// held tells whether a counter is so new that it still shows 0.
func (s *samples) held(created time.Time) bool { return s.now.Before(created.Add(s.zeroHold)) }

func (m *sample) since(created time.Time) {
	if m.created.IsZero() || created.Before(m.created) {
		m.created = created
	}
}

// gauge adds n to a gauge.
func (s *samples) gauge(desc *prometheus.Desc, n float64, labels ...string) {
	s.sample(desc, prometheus.GaugeValue, labels).value += n
}

// info sets a gauge to 1: what there is to know is in the labels.
func (s *samples) info(desc *prometheus.Desc, labels ...string) {
	s.sample(desc, prometheus.GaugeValue, labels).value = 1
}

// timestamp sets a gauge to the latest of the times it is given.
func (s *samples) timestamp(desc *prometheus.Desc, at time.Time, labels ...string) {
	g := s.sample(desc, prometheus.GaugeValue, labels)
	g.value = max(g.value, float64(at.UnixMicro())/1e6)
}

func (s *samples) sample(desc *prometheus.Desc, kind prometheus.ValueType, labels []string) *sample {
	for i := range labels {
		labels[i] = label(labels[i])
	}
	key := series{desc, join(labels...)}
	found := s.index[key]
	if found == nil {
		found = &sample{series: key, kind: kind, labels: labels}
		if s.index == nil {
			s.index = make(map[series]*sample, len(s.highWater.marks)) // about as many as in the scrape before
		}
		s.index[key] = found
		s.list = append(s.list, found)
	}
	return found
}

func (s *samples) metrics() []prometheus.Metric {
	metrics := make([]prometheus.Metric, len(s.list))
	for i, m := range s.list {
		switch {
		case m.buckets != nil:
			count, buckets := uint64(0), make(map[float64]uint64, len(delayBounds))
			ranges, sum := s.highWater.raiseHistogram(m)
			for i, n := range ranges {
				count += uint64(n)
				if i < len(delayBounds) {
					buckets[delayBounds[i]] = count
				}
			}
			metrics[i] = prometheus.MustNewConstHistogramWithCreatedTimestamp(m.desc, count, sum, buckets, m.created, m.labels...)
		case m.kind == prometheus.CounterValue:
			metrics[i] = s.highWater.raise(m)
		default:
			metrics[i] = prometheus.MustNewConstMetric(m.desc, m.kind, m.value, m.labels...)
		}
	}
	return metrics
}

// label makes any text a valid label value.
func label(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) > maxLabelLength {
		text = strings.ToValidUTF8(text[:maxLabelLength], "") + "…"
	}
	return text
}

// join makes one key of several texts; none of them holds the separator, which is not valid UTF-8.
func join(texts ...string) string { return strings.Join(texts, "\xff") }

// highWater remembers the highest value of each counter this process has published, and of each range of a histogram.
type highWater struct {
	marks       map[series]*mark
	regressions prometheus.Counter
}

type mark struct {
	last, highest float64
	created       time.Time
	pairs         []*dto.LabelPair // of a counter

	lastRanges, highestRanges []int64 // of a histogram
}

// counter is a counter as published. Unlike one that client_golang makes, it has its labels ready from the scrape
// before, of which there are thousands.
type counter struct {
	desc    *prometheus.Desc
	pairs   []*dto.LabelPair
	value   float64
	created *timestamppb.Timestamp
}

// Desc implements prometheus.Metric.
func (c *counter) Desc() *prometheus.Desc { return c.desc }

// Write implements prometheus.Metric.
func (c *counter) Write(out *dto.Metric) error {
	out.Label = c.pairs
	out.Counter = &dto.Counter{Value: &c.value, CreatedTimestamp: c.created}
	return nil
}

func newHighWater() *highWater {
	return &highWater{
		marks: map[series]*mark{},
		regressions: prometheus.NewCounter(prometheus.CounterOpts{
			// Not "counter_regressions": promlint refuses a metric's type in its name.
			Name: "entra_exporter_regressions_total",
			Help: "How often a counter was lower in the database than at the scrape before; it is published unchanged until it has caught up.",
		}),
	}
}

// raise returns a counter to publish for what the database says: never less than before, unless the counter has been
// created anew.
func (h *highWater) raise(s *sample) *counter {
	m := h.mark(s)
	if m.pairs == nil {
		m.pairs = prometheus.MakeLabelPairs(s.desc, s.labels)
	}
	if s.value < m.last {
		h.regressions.Inc()
	}
	m.last, m.highest = s.value, max(m.highest, s.value)
	return &counter{s.desc, m.pairs, m.highest, timestamppb.New(s.created)}
}

// raiseHistogram returns the ranges of a histogram to publish, and their sum: none less than before, likewise.
func (h *highWater) raiseHistogram(s *sample) (ranges []int64, sum float64) {
	m := h.mark(s)
	if m.highestRanges == nil {
		m.lastRanges, m.highestRanges = make([]int64, len(s.buckets)), make([]int64, len(s.buckets))
	}
	fell := s.value < m.last
	for i, n := range s.buckets {
		fell = fell || n < m.lastRanges[i]
		m.highestRanges[i] = max(m.highestRanges[i], n)
	}
	if fell {
		h.regressions.Inc()
	}
	m.last, m.highest, m.lastRanges = s.value, max(m.highest, s.value), s.buckets
	return m.highestRanges, m.highest
}

// mark returns what was published of a series, nothing if it has been created anew.
func (h *highWater) mark(s *sample) *mark {
	m := h.marks[s.series]
	if m == nil || s.created.After(m.created) {
		m = &mark{}
		h.marks[s.series] = m
	}
	m.created = s.created
	return m
}
