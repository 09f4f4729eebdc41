package query

import "encoding/json"

// Model is the form in which editors, dashboards and alert rules keep a question.
type Model struct {
	QueryType string        `json:"queryType"`
	Version   int           `json:"version"`
	View      View          `json:"view"`
	Filters   []FilterModel `json:"filters"`
	Measure   Measure       `json:"measure"`
	Of        string        `json:"of"`
	GroupBy   []string      `json:"groupBy"`
	Top       int           `json:"top"`
	Other     bool          `json:"other"`
	Seen      Seen          `json:"seen"`
	Interval  string        `json:"interval"`
	Offset    string        `json:"offset"`
	Timezone  string        `json:"timezone"`
	Columns   []string      `json:"columns"`
	Limit     int           `json:"limit"`
	Order     Order         `json:"order"`
	Section   string        `json:"section"`
}

// DecodeModel reads a model. Of one with values of the wrong type, it returns the rest along with the error.
func DecodeModel(text []byte) (*Model, error) {
	var m Model
	if err := json.Unmarshal(text, &m); err != nil {
		return &m, malformed(err)
	}
	return &m, nil
}

// FilterModel is a condition of a Model, as it is kept.
type FilterModel struct {
	Field    string   `json:"field"`
	Operator Operator `json:"operator"`
	Values   []string `json:"values"`
}
