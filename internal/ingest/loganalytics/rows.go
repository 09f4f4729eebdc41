package loganalytics

import (
	"errors"
	"fmt"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// Rows makes objects of the rows that the query API answers, which name the columns once for all.
// https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format
type Rows struct {
	parser  fastjson.Parser
	columns *byte    // the beginning of the list that names were read from
	names   []string // as JSON
	object  []byte
}

var errNoRow = errors.New("this is no row of the columns that its table names")

// Object returns a row as an object, valid until the next call. Columns are the same list until the table ends.
func (r *Rows) Object(columns, row []byte) ([]byte, error) {
	if r.columns != &columns[0] {
		if err := r.read(columns); err != nil {
			return row, err
		}
		r.columns = &columns[0]
	}
	v, err := r.parser.ParseBytes(row)
	if err != nil {
		return row, errNoRow
	}
	values, err := v.Array()
	if err != nil || len(values) != len(r.names) {
		return row, errNoRow
	}
	r.object = append(r.object[:0], '{')
	for i, value := range values {
		if i > 0 {
			r.object = append(r.object, ',')
		}
		r.object = append(append(r.object, r.names[i]...), ':')
		r.object = value.MarshalTo(r.object)
	}
	r.object = append(r.object, '}')
	return r.object, nil
}

func (r *Rows) read(columns []byte) error {
	v, err := r.parser.ParseBytes(columns)
	if err != nil {
		return fmt.Errorf("the columns of the table are not valid JSON: %w", err)
	}
	r.names = r.names[:0]
	for _, column := range v.GetArray() {
		name := graph.Property(column, "name")
		if name == nil {
			name = graph.Property(column, "columnName")
		}
		if name == nil || name.Type() != fastjson.TypeString {
			return errors.New("a column of the table has no name")
		}
		r.names = append(r.names, string(name.MarshalTo(nil)))
	}
	return nil
}
