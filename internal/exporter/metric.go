package exporter

import (
	"cmp"
	"slices"

	dto "github.com/prometheus/client_model/go"
)

// metric is what series of one name have in common.
type metric struct {
	name, help string
	kind       dto.MetricType
	labels     []string
}

func counter(name, help string, labels ...string) *metric {
	return &metric{name, help, dto.MetricType_COUNTER, labels}
}

func gauge(name, help string, labels ...string) *metric {
	return &metric{name, help, dto.MetricType_GAUGE, labels}
}

// published is a series as it is published.
type published struct {
	of *metric
	*dto.Metric
}

// families groups series by their metric. samples makes sure that no two have the same labels: a registry would check
// again, series by series, which takes as long as reading them all.
func families(all []published) []*dto.MetricFamily {
	byMetric := map[*metric]*dto.MetricFamily{}
	var list []*dto.MetricFamily
	for _, p := range all {
		family := byMetric[p.of]
		if family == nil {
			family = &dto.MetricFamily{Name: &p.of.name, Help: &p.of.help, Type: &p.of.kind}
			byMetric[p.of] = family
			list = append(list, family)
		}
		family.Metric = append(family.Metric, p.Metric)
	}
	slices.SortFunc(list, func(a, b *dto.MetricFamily) int { return cmp.Compare(*a.Name, *b.Name) })
	return list
}

// pairs returns the labels of a series, sorted by name as the formats want them.
func (m *metric) pairs(values ...string) []*dto.LabelPair {
	pairs := make([]*dto.LabelPair, len(values))
	for i := range values {
		pairs[i] = &dto.LabelPair{Name: &m.labels[i], Value: &values[i]}
	}
	slices.SortFunc(pairs, func(a, b *dto.LabelPair) int { return cmp.Compare(*a.Name, *b.Name) })
	return pairs
}

// value returns a series of a gauge.
func (m *metric) value(v float64, labels ...string) published {
	return published{m, &dto.Metric{Label: m.pairs(labels...), Gauge: &dto.Gauge{Value: &v}}}
}
