package devenv

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/frames"
)

// result is what the plugin returned for the queries of one panel.
type result struct {
	frames data.Frames
	took   time.Duration
}

// check returns an error for a result in which there is nothing to see.
func (r result) check() error {
	for _, frame := range r.frames {
		for _, field := range frame.Fields {
			for row := range field.Len() {
				if !blank(field, row) {
					return nil
				}
			}
		}
	}
	return errors.New("the result is empty")
}

// blank reports whether a value shows nothing of the data: none, zero, or a time or its end, which an empty graph has, too.
func blank(field *data.Field, row int) bool {
	if field.Type().Time() || field.Name == frames.Until {
		return true
	}
	value, ok := field.ConcreteAt(row)
	if !ok || value == "" {
		return true
	}
	if !field.Type().Numeric() {
		return false
	}
	number, err := field.FloatAt(row)
	return err != nil || number == 0
}

// number returns the one value that the result consists of.
func (r result) number() (text string, ok bool) {
	if len(r.frames) != 1 || len(r.frames[0].Fields) != 1 || r.frames[0].Fields[0].Len() != 1 {
		return "", false
	}
	return cellText(r.frames[0].Fields[0], 0), true
}

// served names the tables that the result comes from.
func (r result) served() string {
	var tables []string
	for _, frame := range r.frames {
		if frame.Meta == nil {
			continue
		}
		if custom, ok := frame.Meta.Custom.(map[string]any); ok {
			tables = append(tables, fmt.Sprint(custom["served"]))
		}
	}
	slices.Sort(tables)
	return strings.Join(slices.Compact(tables), ", ")
}

// summary says in a few words what the result holds.
func (r result) summary() string {
	if number, ok := r.number(); ok {
		return number
	}
	rows := 0
	for _, frame := range r.frames {
		if n, err := frame.RowLen(); err == nil {
			rows += n
		}
	}
	if len(r.frames) > 1 {
		return fmt.Sprintf("%d series, %d points", len(r.frames), rows)
	}
	return fmt.Sprintf("%d rows", rows)
}

const maxCell = 40

func cellText(field *data.Field, row int) string {
	value, ok := field.ConcreteAt(row)
	if !ok {
		return "-"
	}
	switch v := value.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05")
	case float64:
		if c := field.Config; c != nil && c.Unit == "percentunit" {
			return strconv.FormatFloat(100*v, 'g', 3, 64) + "%"
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	cell := []rune(strings.Join(strings.Fields(fmt.Sprint(value)), " "))
	if len(cell) > maxCell {
		cell = append(cell[:maxCell-1], '…')
	}
	return string(cell)
}
