package main

import (
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	promql "github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// Panels of the exporter's metrics, from Prometheus or a database with its API.

// noMetrics is what they show where there is no data.
const noMetrics = "No such metrics in this time range. Let Prometheus scrape entra-activity exporter, and check the " +
	"job and the tenant chosen above."

// metric is an expression, and how its series are named.
type metric struct{ expr, legend string }

// metrics queries one Prometheus.
type metrics struct{ source common.DataSourceRef }

// promSource is the data source that a variable is set to.
func promSource(variable string) metrics {
	uid := "${" + variable + "}"
	return metrics{common.DataSourceRef{Type: &prometheusID, Uid: &uid}}
}

// selected is a metric's name with the selection that the dashboard's variables make, and further matchers.
func selected(name string, matchers ...string) string {
	return fmt.Sprintf("%s{%s}", name, strings.Join(append([]string{`job=~"$job"`, `tenant=~"$tenant"`}, matchers...),
		", "))
}

// once takes what several replicas of the exporter say alike for one.
func once(expr string) string { return "max without (instance, pod) (" + expr + ")" }

// increase is how much a counter rose in a window.
func increase(window, name string, matchers ...string) string {
	return once(fmt.Sprintf("increase(%s[%s])", selected(name, matchers...), window))
}

// sum adds series up, by labels.
func sum(expr string, by ...string) string {
	if len(by) == 0 {
		return "sum(" + expr + ")"
	}
	return fmt.Sprintf("sum by (%s) (%s)", strings.Join(by, ", "), expr)
}

func (m metrics) query(i int, q metric) *promql.DataqueryBuilder {
	return promql.NewDataqueryBuilder().
		RefId(string(rune('A' + i))).
		Datasource(m.source).
		EditorMode(promql.QueryEditorModeCode).
		Expr(q.expr).
		LegendFormat(q.legend)
}

// number is what an expression amounts to at the end of the time range.
func (m metrics) number(title, description string, expr string) *stat.PanelBuilder {
	return large(title, description, m.source).
		WithTarget(m.query(0, metric{expr, ""}).Instant()).
		Decimals(0)
}

// graph draws expressions over time.
func (m metrics) graph(title, description string, list ...metric) *timeseries.PanelBuilder {
	b := timeseries.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(m.source).
		NoValue(noMetrics).
		Unit("locale").
		Min(0).
		LineWidth(2).
		FillOpacity(8).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending))
	for i, q := range list {
		b.WithTarget(m.query(i, q).Range())
	}
	for _, s := range statuses {
		b.OverrideByName(s.value, properties{
			{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": s.color}},
			{Id: "displayName", Value: s.text},
		})
	}
	return b
}

// daily draws what counters rose by each day, in bars that add up.
func (m metrics) daily(title, description string, list ...metric) *timeseries.PanelBuilder {
	return m.graph(title, description, list...).
		Interval("1d").
		DrawStyle(common.GraphDrawStyleBars).
		FillOpacity(80).
		LineWidth(1).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
}

// bars draws what an expression amounts to for each series at the end of the time range.
func (m metrics) bars(title, description, color string, q metric) *bargauge.PanelBuilder {
	return bargauge.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(m.source).
		WithTarget(m.query(0, q).Instant()).
		NoValue("No such metrics: is the exporter scraped?"). // in one line, which Grafana cuts at both ends
		Unit("locale").
		Decimals(0).
		Min(0).
		ColorScheme(fixed(color)).
		Orientation(common.VizOrientationHorizontal).
		DisplayMode(common.BarGaugeDisplayModeBasic).
		ValueMode(common.BarGaugeValueModeText).
		NamePlacement(common.BarGaugeNamePlacementLeft).
		Text(common.NewVizTextDisplayOptionsBuilder().TitleSize(13).ValueSize(13)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
}

// table lists what an expression amounts to by its labels; the number is the column named value.
func (m metrics) table(title, description, value string, expr string) *table.PanelBuilder {
	return table.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(m.source).
		WithTarget(m.query(0, metric{expr, ""}).Instant().Format(promql.PromQueryFormatTable)).
		NoValue(noMetrics).
		Unit("none").
		Filterable(true).
		MinWidth(leastOfGroups).
		SortBy([]cog.Builder[common.TableSortByFieldState]{common.NewTableSortByFieldStateBuilder().DisplayName(value).
			Desc(true)}).
		OverrideByName("Time", properties{{Id: "custom.hidden", Value: true}}).
		OverrideByName("Value", properties{{Id: "displayName", Value: value}, {Id: "unit", Value: "locale"},
			{Id: "decimals", Value: 0}, width(150)})
}

// labels is a variable of a label's values.
func (m metrics) labels(name, label, metric string) *dashboard.QueryVariableBuilder {
	expr := fmt.Sprintf("label_values(%s, %s)", metric, name)
	return dashboard.NewQueryVariableBuilder(name).
		Label(label).
		Datasource(m.source).
		Query(dashboard.StringOrMap{Map: map[string]any{"qryType": 1, "query": expr,
			"refId": "PrometheusVariableQueryEditor-VariableQuery"}}).
		Definition(expr).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Multi(true).
		IncludeAll(true).
		AllValue(".*").
		Current(option("All", "$__all"))
}
