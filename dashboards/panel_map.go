package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/geomap"
)

// The map's files come with the plugin, so that it needs no internet: the outlines of countries, and where each one's
// circle goes.
const (
	mapFolder  = "public/plugins/entra-activity-datasource/img/"
	outlines   = mapFolder + "world.json"
	whereabout = mapFolder + "countries.json"
)

// worldMap draws a circle for each country. The query's groups are countries, by their two-letter codes.
func worldMap(title, description, empty, color string, q query) *geomap.PanelBuilder {
	q.View, q.GroupBy = "table", []string{"countryOrRegion"}
	value := q.Measure
	if value == "" {
		value = "count"
	}
	return geomap.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(targetOf(q)).
		NoValue(empty).
		Unit("locale").
		Decimals(0).
		ColorScheme(fixed(color)).
		// The outlines take the place of tiles, which Grafana would fetch from somebody's server.
		Basemap(layer("geojson", "Countries").Tooltip(false).Config(map[string]any{
			"src":   outlines,
			"rules": []any{},
			"style": map[string]any{
				"color": map[string]string{"fixed": "#808080"}, "opacity": 0.25, "lineWidth": 1,
				"size":   map[string]any{"fixed": 1},
				"symbol": map[string]string{"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
			},
		})).
		Layers([]cog.Builder[common.MapLayerOptions]{
			layer("markers", "Sign-ins").Tooltip(true).
				Location(common.NewFrameGeometrySourceBuilder().
					Mode(common.FrameGeometrySourceModeLookup).
					Lookup("countryOrRegion").
					Gazetteer(whereabout)).
				Config(map[string]any{
					"showLegend": false,
					"style": map[string]any{
						"color": map[string]string{"fixed": color}, "opacity": 0.6,
						"size":   map[string]any{"field": value, "fixed": 5, "min": 4, "max": 28},
						"symbol": map[string]string{"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
					},
				}),
		}).
		View(geomap.NewMapViewConfigBuilder().Id("coords").Lat(25).Lon(10).Zoom(1).AllLayers(true)).
		Controls(geomap.NewControlsOptionsBuilder().ShowZoom(true).MouseWheelZoom(false).ShowAttribution(false).
			ShowScale(false).ShowMeasure(false).ShowDebug(false)).
		Tooltip(geomap.NewTooltipOptionsBuilder().Mode(geomap.TooltipModeDetails))
}

func layer(kind, name string) *common.MapLayerOptionsBuilder {
	return common.NewMapLayerOptionsBuilder().Type(kind).Name(name)
}
