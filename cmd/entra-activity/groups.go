package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/alecthomas/kingpin/v2"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest/groups"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func groupsCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("groups", "Store who is in which group, from pages of Microsoft Graph: "+
		"GET /groups?$expand=members, or all of GET /groups/{id}/members. A group's members replace those it had.")
	paths := clause.Arg("path", "Files, folders, or - for standard input.").Required().Strings()
	tenant := tenantFlag(clause, "Tenant ID of the groups.").Required().String()
	reader := groups.Reader{}
	clause.Flag("group", "Object ID of the group whose members these are, where the pages do not say.").StringVar(&reader.Group.ID)
	clause.Flag("name", "That group's name.").StringVar(&reader.Group.Name)
	return clause, func(ctx context.Context, db *store.DB, _ *slog.Logger) error {
		if err := checkTenant(*tenant); err != nil {
			return err
		}
		if err := store.CheckVersion(ctx, db); err != nil {
			return err
		}
		sources, _, err := ingest.Files(standardInput(*paths), os.Stdin, "")
		if err != nil {
			return err
		}
		for _, source := range sources {
			if err := readGroups(&reader, source); err != nil {
				return fmt.Errorf("%s: %w", source.Name, err)
			}
		}
		found, err := reader.All()
		if err != nil {
			return err
		}
		if err := store.ReplaceGroups(ctx, db, *tenant, found); err != nil {
			return err
		}
		for _, g := range found {
			fmt.Printf("%s %s: %s\n", g.ID, g.Name, counted(len(g.Members), "user"))
		}
		return nil
	}
}

func readGroups(groups *groups.Reader, source ingest.Source) error {
	file, err := source.Open()
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	text, err := ingest.Plain(file)
	if err != nil {
		return err
	}
	return groups.Read(text)
}

// standardInput returns paths with the single dash that kingpin has made an empty text of.
func standardInput(paths []string) []string {
	paths = slices.Clone(paths)
	for i, path := range paths {
		if path == "" && slices.Contains(os.Args, "-") {
			paths[i] = "-"
		}
	}
	return paths
}
