package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest/diagnostic"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest/loganalytics"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// A Decoder tells which shape a JSON object has and makes a record of it. It is not for concurrent use.
type Decoder struct {
	parser    fastjson.Parser
	extractor *graph.Extractor
}

// NewDecoder returns a decoder that takes records which do not name their tenant for those of the one given.
func NewDecoder(tenant string) *Decoder { return &Decoder{extractor: graph.NewExtractor(tenant)} }

// Decode returns the record that object holds, or says why it holds none that can be kept; a record returned with an
// error is what could be made of it. The record keeps a copy of the object.
func (d *Decoder) Decode(object []byte) (*activity.Record, error) {
	_, record, err := d.decode(object)
	return record, err
}

// All returns the record that object holds, as Decode does, and after it the states of a risky user that Graph nests in
// the user when it is asked for their history.
func (d *Decoder) All(object []byte) iter.Seq2[*activity.Record, error] {
	return func(yield func(*activity.Record, error) bool) {
		v, record, err := d.decode(object)
		if !yield(record, err) || err != nil || record.Kind != activity.RiskyUser {
			return
		}
		for _, item := range graph.Property(v, "history").GetArray() {
			state, err := d.extractor.State(record, item)
			if err == nil && state.ID == record.ID { // the state now is among them
				continue
			}
			state.Raw = item.MarshalTo(nil)
			if !yield(state, err) {
				return
			}
		}
	}
}

// incomplete says that an error was answered beside records; nil where the error is empty.
func (d *Decoder) incomplete(failure []byte) error {
	v, err := d.parser.ParseBytes(slices.Concat([]byte(`{"error":`), failure, []byte("}")))
	if text := graph.ErrorOf(v); err == nil && text != "" {
		return fmt.Errorf("an error was answered beside records, of which some may be missing: %.500s", text)
	}
	return err
}

func (d *Decoder) decode(object []byte) (*fastjson.Value, *activity.Record, error) {
	v, err := d.parser.ParseBytes(object)
	if err == nil {
		err = validate(object)
	}
	if err != nil {
		return nil, nil, errors.New("the record is not valid JSON: " + cut(err.Error(), 200))
	}
	record, err := d.record(v)
	if err != nil {
		return v, record, err
	}
	record.Raw = append([]byte(nil), object...)
	return v, record, nil
}

// validate finds what the parser lets pass and JSON does not. Control characters in texts with escapes are left to the
// slower judge, as records without line breaks have none.
func validate(object []byte) error {
	if err := fastjson.ValidateBytes(object); err != nil {
		return err
	}
	isControl := func(c byte) bool { return c < ' ' }
	if bytes.IndexByte(object, '\\') >= 0 && slices.ContainsFunc(object, isControl) && !json.Valid(object) {
		return errors.New("a text contains a control character")
	}
	return nil
}

func (d *Decoder) record(v *fastjson.Value) (*activity.Record, error) {
	if v.Type() != fastjson.TypeObject {
		return nil, graph.ErrUnknown
	}
	names := graph.NamesOf(v)
	switch {
	case diagnostic.Is(names):
		return diagnostic.Record(d.extractor, v)
	case names.Has(graph.CreationTime | graph.Operation), names.Has(graph.AuditData | graph.Operation):
		return nil, errUnifiedAudit
	case loganalytics.IsDefender(names):
		return loganalytics.Defender(d.extractor, v)
	case loganalytics.Is(v, names):
		return loganalytics.Record(d.extractor, v, names)
	}
	return d.extractor.Record(v, names)
}

var errUnifiedAudit = errors.New("this is a record of the unified audit log (Office 365 Management Activity), " +
	"whose ids are not those of Entra ID's own logs: " +
	"export the sign-in or audit logs from Entra ID, Microsoft Graph, Azure Monitor or Log Analytics instead")

// cut shortens a text to at most n bytes.
func cut(text string, n int) string {
	if len(text) > n {
		return text[:n] + "..."
	}
	return text
}
