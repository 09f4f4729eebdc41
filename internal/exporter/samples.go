package exporter

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
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
	desc    *prometheus.Desc
	kind    prometheus.ValueType
	value   float64
	created time.Time // zero: unknown
	labels  []string
}

// counter adds n to a counter. identity tells counters apart for good, even when a label, such as a name, changes.
// A counter created less than the zero hold ago shows 0.
func (s *samples) counter(desc *prometheus.Desc, identity string, n int64, created time.Time, labels ...string) {
	if s.now.Before(created.Add(s.zeroHold)) {
		n = 0
	}
	n = s.highWater.raise(identity, n)
	c := s.sample(desc, prometheus.CounterValue, labels)
	c.value += float64(n)
	if c.created.IsZero() || created.Before(c.created) {
		c.created = created
	}
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
		found = &sample{desc: desc, kind: kind, labels: labels}
		if s.index == nil {
			s.index = map[series]*sample{}
		}
		s.index[key] = found
		s.list = append(s.list, found)
	}
	return found
}

func (s *samples) metrics() []prometheus.Metric {
	metrics := make([]prometheus.Metric, 0, len(s.list))
	for _, m := range s.list {
		if m.created.IsZero() {
			metrics = append(metrics, prometheus.MustNewConstMetric(m.desc, m.kind, m.value, m.labels...))
		} else {
			metrics = append(metrics, prometheus.MustNewConstMetricWithCreatedTimestamp(m.desc, m.kind, m.value, m.created, m.labels...))
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

// highWater remembers the highest value of each counter this process has published.
type highWater struct {
	marks       map[string]mark
	regressions prometheus.Counter
}

type mark struct{ last, highest int64 }

func newHighWater() *highWater {
	return &highWater{
		marks: map[string]mark{},
		regressions: prometheus.NewCounter(prometheus.CounterOpts{
			// Not "counter_regressions": promlint refuses a metric's type in its name.
			Name: "entra_exporter_regressions_total",
			Help: "How often a counter was lower in the database than at the scrape before; it is published unchanged until it has caught up.",
		}),
	}
}

// raise returns the value to publish for a counter that the database says is n: never less than before.
func (h *highWater) raise(identity string, n int64) int64 {
	m := h.marks[identity]
	if n < m.last {
		h.regressions.Inc()
	}
	m = mark{last: n, highest: max(m.highest, n)}
	h.marks[identity] = m
	return m.highest
}
