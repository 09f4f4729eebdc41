package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/model"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func migrateCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("migrate", "Create or update the schema in the database.")
	return clause, func(ctx context.Context, db *store.DB, _ *slog.Logger) error {
		applied, err := store.Migrate(ctx, db)
		if err != nil {
			return err
		}
		fmt.Printf("schema version %d, %d migrations applied\n", store.SchemaVersion, len(applied))
		return nil
	}
}

func retentionCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("retention", "Remove records older than an age. What they were counted as stays; so do "+
		"the states of risky users.")
	keep := clause.Flag("keep", "How long records are kept, in days, weeks or years: 400d, 52w or 2y. What is older "+
		"is removed for good.").Required().String()
	kindNames := clause.Flag("kind", "A kind of record to remove; may be given several times. All by default.").Strings()
	return clause, func(ctx context.Context, db *store.DB, _ *slog.Logger) error {
		age, err := model.ParseDuration(*keep)
		const day = model.Duration(24 * time.Hour)
		if err != nil || age < day || age%day != 0 { // minutes look like months
			return fmt.Errorf("--keep: %q is not understood: give an age in days, weeks or years, such as 400d, 52w "+
				"or 2y", *keep)
		}
		kinds := activity.Kinds()
		if len(*kindNames) > 0 {
			kinds = nil
			for _, name := range *kindNames {
				kind, err := activity.KindByName(name)
				if err != nil {
					return fmt.Errorf("--kind: %w", err)
				}
				kinds = append(kinds, kind)
			}
		}
		before := time.Now().Add(-time.Duration(age))
		for _, kind := range kinds {
			removed, err := store.Retain(ctx, db, kind, before)
			if err != nil {
				return err
			}
			fmt.Printf("%-20s %s removed\n", kind.Label, grouped(int(removed)))
		}
		return nil
	}
}

func reclassifyCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("reclassify", "Change which error codes count as interrupted, and give stored sign-ins "+
		"their class anew.")
	list := clause.Flag("list", "Published list of codes: A (20 codes), B (26, the default) or C (27).").String()
	set := clause.Flag("set", "A class of your own for a code, such as 500121=interrupted; empty (500121=) returns "+
		"to the list's.").StringMap()
	return clause, func(ctx context.Context, db *store.DB, _ *slog.Logger) error {
		var codeList activity.CodeList
		if *list != "" {
			var err error
			if codeList, err = activity.ParseCodeList(*list); err != nil {
				return fmt.Errorf("--list: %w", err)
			}
		}
		own := activity.Classes{}
		for code, class := range *set {
			number, err := strconv.ParseInt(code, 10, 32)
			if err != nil {
				return fmt.Errorf("--set: %q is not an error code", code)
			}
			if class != "" && store.StatusCode(class) == 0 || store.StatusCode(class) > int16(len(activity.Statuses)) {
				return fmt.Errorf("--set: %q is not a status; use %s", class, strings.Join(activity.Statuses, ", "))
			}
			own[int(number)] = class
		}
		if err := store.CheckVersion(ctx, db); err != nil {
			return err
		}
		changed, err := store.Reclassify(ctx, db, codeList, own)
		if err != nil {
			return err
		}
		fmt.Printf("%d sign-ins have another status now\n", changed)
		return nil
	}
}

func verifyCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("verify", "Count all records anew and compare with what the store has counted.")
	return clause, func(ctx context.Context, db *store.DB, _ *slog.Logger) error {
		if err := store.CheckVersion(ctx, db); err != nil {
			return err
		}
		differences, err := store.Verify(ctx, db)
		if err != nil {
			return err
		}
		for _, d := range differences {
			fmt.Println(d)
		}
		if len(differences) > 0 {
			return fmt.Errorf("%d differences", len(differences))
		}
		fmt.Println("rows, raw records, registry and rollup agree")
		return nil
	}
}
