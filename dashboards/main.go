// Command dashboards writes the dashboards that come with the plugin, as JSON, into the folder it runs in.
//
// The files are committed, so that nobody needs Go to install them; a test keeps them as this program writes them.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

//go:generate go run .

// files names each bundled dashboard's file and what it holds.
var files = map[string]func() *dashboard.DashboardBuilder{
	"overview.json":            overview,
	"sign-ins.json":            signIns,
	"sign-in.json":             signIn,
	"applications.json":        applications,
	"users.json":               users,
	"groups.json":              ofGroups,
	"my-sign-ins.json":         mySignIns,
	"conditional-access.json":  conditionalAccess,
	"audit.json":               audit,
	"provisioning.json":        provisioning,
	"risk.json":                risk,
	"operations.json":          operations,
	"overview-prometheus.json": overviewOnPrometheus,
}

func main() {
	log.SetFlags(0)
	for name, build := range files {
		text, err := marshal(build())
		if err == nil {
			err = os.WriteFile(name, text, 0o644)
		}
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

func marshal(builder cog.Builder[dashboard.Dashboard]) ([]byte, error) {
	built, err := builder.Build()
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	for i := range built.Panels {
		id := uint32(i + 1)
		if row := built.Panels[i].RowPanel; row != nil {
			row.Id = id
		} else {
			built.Panels[i].Panel.Id = &id
		}
	}
	// The builder's default hides these in a menu.
	for i := range built.Links {
		built.Links[i].Placement = nil
	}
	for i := range built.Annotations.List {
		built.Annotations.List[i].Placement = nil
	}
	text, err := json.MarshalIndent(built, "", "  ")
	return append(text, '\n'), err
}
