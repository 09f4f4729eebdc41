package query

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Section is a part of what is known of one record.
type Section struct {
	Name    string
	Columns []*activity.Field
	Rows    [][]any // as Result.Rows
}

// section says what a part of a record holds and where that is.
type section struct {
	name    string
	columns []*activity.Field // of parts that the raw record holds
	rows    func(r *record, columns []*activity.Field) [][]any
	linked  func(r *record) (link, bool) // of parts that are other records
}

// sections lists the parts of each kind of record in the order in which they are shown.
var sections = map[*activity.Kind][]section{
	activity.SignIn:            {summary, policies, authentication, detectionsOfSignIn, auditEvents, attempt, raw},
	activity.AuditEvent:        {summary, targets, modifiedProperties, signIns, attempt, raw},
	activity.ProvisioningEvent: {summary, steps, modifiedProperties, sameChange, raw},
	activity.RiskDetection:     {summary, signIns, auditEvents, attempt, raw},
	activity.RiskyUser:         {summary, detectionsOfUser, history, raw},
}

// Sections names the parts in which a record of a kind can be shown.
func Sections(kind *activity.Kind) []string {
	if kind == activity.ConditionalAccess { // the sign-ins' own sections show it
		return nil
	}
	var names []string
	for _, s := range sections[kind.Stored()] {
		names = append(names, s.name)
	}
	return names
}

// id returns the value of the question's filter on the id; empty if there is not exactly one.
func (q *Query) id() string {
	var ids []string
	for _, f := range q.Filters {
		if base, negated := f.Operator.positive(); f.Field.Name == "id" && base == Equal && !negated {
			ids = append(ids, f.Values...)
		}
	}
	if len(ids) != 1 {
		return ""
	}
	return ids[0]
}

// leading are the fields, beside the time, that lead to what belongs to a record; a section other than the summary needs no more of its row.
var leading = []string{"id", "tenantId", "correlationId", "requestId", "changeId", "userId", "sourceIdentity", "targetIdentity"}

func (q *Query) decodeDetail(m *Model) error {
	q.Columns, q.Limit, q.Section = q.Kind.Fields, 1, m.Section
	if q.Section != "" && q.Section != summary.name {
		q.Columns = slices.DeleteFunc(slices.Clone(q.Columns), func(f *activity.Field) bool { return f != q.Kind.Time() && !slices.Contains(leading, f.Name) })
	}
	switch known := Sections(q.Kind); {
	case q.id() == "":
		return invalid("filters", "a detail is of one record: filter on id with the operator = and one value")
	case q.Section != "" && !slices.Contains(known, q.Section):
		return invalid("section", "%s has no section %q: use one of %s, or leave it out for all", q.Kind.Name, q.Section, strings.Join(known, ", "))
	}
	return nil
}

// record is one record, with all that is known of it.
type record struct {
	kind   *activity.Kind
	row    map[string]any // by the names of fields
	raw    []byte
	object graph.Object
}

func (r *record) text(name string) string { text, _ := r.row[name].(string); return text }

func (r *record) time() time.Time { t, _ := r.row[r.kind.TimeField].(time.Time); return t }

// detail answers with one record and what is linked to it, whenever it happened.
func (c *compiler) detail(ctx context.Context, tx *sqlx.Tx, scope access.Scope, tenant string) (*Result, error) {
	result := &Result{Query: c.q, Served: "rows"}
	r, err := c.find(ctx, tx, result)
	if err != nil {
		return nil, err
	}
	if r == nil {
		result.Warnings = []string{fmt.Sprintf("There is no record with the ID %s among the %s: it may have been removed.", c.q.id(), strings.ToLower(c.q.Kind.Label))}
		return result, nil
	}
	asked := slices.DeleteFunc(slices.Clone(sections[c.q.Kind.Stored()]), func(s section) bool { return c.q.Section != "" && c.q.Section != s.name })
	empty, err := c.withoutRecords(ctx, tx, asked, r, scope, tenant, result)
	if err != nil {
		return nil, err
	}
	for _, s := range asked {
		part := Section{Name: s.name, Columns: s.columns}
		switch {
		case s.linked == nil:
			part.Rows = s.rows(r, s.columns)
		case !empty[s.name]:
			if part.Columns, part.Rows, err = c.linked(ctx, tx, s, r, scope, tenant, result); err != nil {
				return nil, err
			}
		}
		result.Sections = append(result.Sections, part)
	}
	return result, nil
}

// find reads a record; nil if there is none that may be seen. The registry knows when it happened, and with that the
// partition that it is in.
func (c *compiler) find(ctx context.Context, tx *sqlx.Tx, result *Result) (*record, error) {
	uuid, _ := store.IdentifierUUID(c.q.id())
	var times []time.Time
	if err := tx.SelectContext(ctx, &times, fmt.Sprintf("SELECT time FROM %s WHERE id = $1", store.KnownTable(c.q.Kind)), uuid); err != nil || len(times) == 0 {
		return nil, err
	}
	where, err := c.where(ctx, c.rowsAt)
	if err != nil {
		return nil, err
	}
	rows, err := c.records(ctx, tx, fmt.Sprintf("r.time = ANY(%s::timestamptz[])%s", c.times(times), where), 1, result)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	r := &record{kind: c.q.Kind.Stored(), row: make(map[string]any, len(c.q.Columns))}
	for i, f := range c.q.Columns {
		r.row[f.Name] = rows[0][i]
	}
	err = tx.GetContext(ctx, &r.raw, fmt.Sprintf("SELECT record FROM %s WHERE id = $1 AND time = $2 AND tenant = (SELECT id FROM %s.tenant WHERE tenant_id = $3)",
		store.RawTable(c.q.Kind), store.Schema), uuid, r.time(), r.text("tenantId"))
	r.object = graph.Parse(r.raw)
	return r, err
}

// records runs the statement that selects the first records that meet a condition, also those that are no longer so.
func (c *compiler) records(ctx context.Context, tx *sqlx.Tx, condition string, limit int, result *Result) ([][]any, error) {
	sql := c.recordsSQL(everTable(c.q.Kind), condition, limit)
	if result.SQL != "" {
		result.SQL += ";\n"
	}
	result.SQL += annotate(sql, c.args)
	rows, err := tx.QueryContext(ctx, sql, c.args...)
	if err != nil {
		return nil, err
	}
	read, err := scanRecords(rows, c.q)
	result.Read += int64(len(read))
	return read, err
}

// link says which records of another kind, or of the same, belong to a record.
type link struct {
	kind     *activity.Kind
	by       map[string]string // values that one of these fields has to have
	from, to time.Time         // where no index finds them otherwise
	others   bool              // not the record itself
}

const maxLinked = 200

// A correlation id or request is only looked for this long before and after the record.
const around = 48 * time.Hour

// withoutRecords tells which of several parts that are other records have none, as most of them have: to ask that of all at once
// takes less than to ask for each one's records.
func (c *compiler) withoutRecords(ctx context.Context, tx *sqlx.Tx, of []section, r *record, scope access.Scope, tenant string, result *Result) (map[string]bool, error) {
	var all statement
	var probes []string
	empty := map[string]bool{}
	for _, s := range of {
		if s.linked == nil {
			continue
		}
		empty[s.name] = true
		if l, ok := s.linked(r); ok {
			other, condition, err := c.follow(ctx, l, r, scope, tenant, all)
			if err != nil {
				return nil, err
			}
			all = other.statement
			probes = append(probes, fmt.Sprintf("SELECT '%s' WHERE EXISTS (SELECT FROM %s r WHERE %s)", s.name, everTable(l.kind), condition))
		}
	}
	var some []string
	switch len(probes) {
	case 0:
		return empty, nil
	case 1:
		return nil, nil
	}
	sql := strings.Join(probes, "\nUNION ALL ")
	result.SQL += ";\n" + annotate(sql, all.args)
	err := tx.SelectContext(ctx, &some, sql, all.args...)
	for _, name := range some {
		empty[name] = false
	}
	return empty, err
}

// follow returns what compiles the question for the records that belong to a record, and the condition on them. Its parameters
// come after those of a statement.
func (c *compiler) follow(ctx context.Context, l link, r *record, scope access.Scope, tenant string, after statement) (other compiler, sql string, err error) {
	q := &Query{Kind: l.kind, View: List, Columns: []*activity.Field{l.kind.Time(), l.kind.Field("id")}}
	for _, f := range l.kind.Defaults() {
		if !slices.Contains(q.Columns, f) {
			q.Columns = append(q.Columns, f)
		}
	}
	other = compiler{statement: after, q: q, dict: c.dict}
	other.restrict(scope, tenant)
	var alternatives []string
	for _, f := range l.kind.Fields { // in the order of the catalog, so that the same question is always the same statement
		if value := l.by[f.Name]; value != "" {
			one, err := condition(ctx, &other.statement, other.dict, other.rowsAt(f), &Filter{Field: f, Operator: Equal, Values: []string{value}})
			if err != nil {
				return other, "", err
			}
			alternatives = append(alternatives, one)
		}
	}
	_, within := other.within("r.time", []span{{l.from, l.to}})
	where, err := other.where(ctx, other.rowsAt)
	sql = within + " AND (" + strings.Join(alternatives, " OR ") + ")" + where
	if l.others {
		uuid, _ := store.IdentifierUUID(r.text("id"))
		sql += " AND r.id <> " + other.bind(uuid)
	}
	return other, sql, err
}

func (c *compiler) linked(ctx context.Context, tx *sqlx.Tx, s section, r *record, scope access.Scope, tenant string, result *Result) ([]*activity.Field, [][]any, error) {
	l, ok := s.linked(r)
	if !ok {
		return nil, nil, nil
	}
	other, sql, err := c.follow(ctx, l, r, scope, tenant, statement{})
	if err != nil {
		return nil, nil, err
	}
	rows, err := other.records(ctx, tx, sql, maxLinked+1, result)
	if len(rows) > maxLinked {
		rows = rows[:maxLinked]
		result.Warnings = append(result.Warnings, fmt.Sprintf("Only the newest %d of the section %s are shown.", maxLinked, s.name))
	}
	return other.q.Columns, rows, err
}

// nearby links by the ids that the records of one attempt or operation share.
func nearby(name string, kind *activity.Kind, by func(r *record) map[string]string) section {
	return section{name: name, linked: func(r *record) (link, bool) {
		l := link{kind: kind, by: by(r), from: r.time().Add(-around), to: r.time().Add(around)}
		if l.kind == nil {
			l.kind, l.others = r.kind, true
		}
		for _, value := range l.by {
			if value != "" {
				return l, true
			}
		}
		return l, false
	}}
}

// ofUser links by the user, over a span that ends with the record.
func ofUser(name string, kind *activity.Kind, others bool, ago time.Duration) section {
	return section{name: name, linked: func(r *record) (link, bool) {
		return link{kind: kind, by: map[string]string{"userId": r.text("userId")}, from: r.time().Add(-ago), to: r.time().Add(ago), others: others}, r.text("userId") != ""
	}}
}

func byCorrelation(r *record) map[string]string {
	return map[string]string{"correlationId": r.text("correlationId")}
}

const year = 366 * 24 * time.Hour

// The parts that are other records.
var (
	attempt     = nearby("attempt", nil, byCorrelation)
	auditEvents = nearby("auditEvents", activity.AuditEvent, byCorrelation)
	signIns     = nearby("signIns", activity.SignIn, func(r *record) map[string]string {
		return map[string]string{"correlationId": r.text("correlationId"), "id": r.text("requestId")}
	})
	detectionsOfSignIn = nearby("riskDetections", activity.RiskDetection, func(r *record) map[string]string {
		return map[string]string{"correlationId": r.text("correlationId"), "requestId": r.text("id")}
	})
	sameChange       = nearby("attempt", nil, func(r *record) map[string]string { return map[string]string{"changeId": r.text("changeId")} })
	detectionsOfUser = ofUser("riskDetections", activity.RiskDetection, false, year/4)
	history          = ofUser("history", activity.RiskyUser, true, 10*year)
)

// The parts that the raw record holds. Titles are the portal's; a column's path is where an element has it.
var (
	policies = section{name: "policies", rows: policyRows, columns: []*activity.Field{
		{Name: "name", Label: "Policy name", Type: activity.Text, Path: "displayName"},
		{Name: "result", Label: "Result", Type: activity.Text, Path: "result"},
		{Name: "applied", Label: "Applied", Type: activity.Boolean},
		{Name: "reportOnly", Label: "Report-only", Type: activity.Boolean},
		{Name: "grantControls", Label: "Grant controls", Type: activity.Text, Path: "enforcedGrantControls"},
		{Name: "sessionControls", Label: "Session controls", Type: activity.Text, Path: "enforcedSessionControls"},
		{Name: "id", Label: "Policy ID", Type: activity.Text, Path: "id"},
	}}
	authentication = collection("authentication", "authenticationDetails", []*activity.Field{
		{Name: "time", Label: "Date", Type: activity.Time, Path: "authenticationStepDateTime"},
		{Name: "method", Label: "Authentication method", Type: activity.Text, Path: "authenticationMethod"},
		{Name: "methodDetail", Label: "Authentication method detail", Type: activity.Text, Path: "authenticationMethodDetail"},
		{Name: "succeeded", Label: "Succeeded", Type: activity.Boolean, Path: "succeeded"},
		{Name: "resultDetail", Label: "Result detail", Type: activity.Text, Path: "authenticationStepResultDetail"},
		{Name: "requirement", Label: "Requirement", Type: activity.Text, Path: "authenticationStepRequirement"},
	})
	targets = collection("targets", "targetResources", []*activity.Field{
		{Name: "type", Label: "Type", Type: activity.Text, Path: "type"},
		{Name: "displayName", Label: "Display name", Type: activity.Text, Path: "displayName"},
		{Name: "userPrincipalName", Label: "User principal name", Type: activity.Text, Path: "userPrincipalName"},
		{Name: "id", Label: "ID", Type: activity.Text, Path: "id"},
		{Name: "groupType", Label: "Group type", Type: activity.Text, Path: "groupType"},
	})
	modifiedProperties = section{name: "modifiedProperties", rows: modifiedRows, columns: []*activity.Field{
		{Name: "target", Label: "Target", Type: activity.Text},
		{Name: "property", Label: "Property name", Type: activity.Text, Path: "displayName"},
		{Name: "oldValue", Label: "Old value", Type: activity.Text, Path: "oldValue"},
		{Name: "newValue", Label: "New value", Type: activity.Text, Path: "newValue"},
	}}
	steps = section{name: "steps", rows: stepRows, columns: []*activity.Field{
		{Name: "name", Label: "Step", Type: activity.Text, Path: "name"},
		{Name: "type", Label: "Type", Type: activity.Text, Path: "provisioningStepType"},
		{Name: "status", Label: "Status", Type: activity.Text, Path: "status"},
		{Name: "description", Label: "Description", Type: activity.Text, Path: "description"},
		{Name: "details", Label: "Details", Type: activity.Text, Path: "details"},
	}}
	raw = section{name: "raw", rows: rawRows, columns: []*activity.Field{{Name: "record", Label: "Record", Type: activity.Text}}}
)

// collection is a part with a row for each element of a property.
func collection(name, property string, columns []*activity.Field) section {
	return section{name, columns, func(r *record, columns []*activity.Field) (rows [][]any) {
		for _, element := range r.object.At(property) {
			rows = append(rows, cells(element, columns))
		}
		return rows
	}, nil}
}

// policyRows tells the policies that decided from those that only report, and those that applied from those that did not:
// the record names every policy there was.
// https://learn.microsoft.com/graph/api/resources/appliedconditionalaccesspolicy
func policyRows(r *record, columns []*activity.Field) [][]any {
	var applied, others [][]any
	for _, policy := range r.object.At("appliedConditionalAccessPolicies") {
		row := cells(policy, columns)
		word := policy.Text("result")
		if word != "" {
			word = strings.ToLower(word[:1]) + word[1:] // some write it with a capital
		}
		result, reportOnly := strings.CutPrefix(strings.ToLower(word), "reportonly")
		if slices.Contains([]string{"success", "failure", "interrupted"}, result) {
			row[1], row[2], row[3] = word, true, reportOnly
			applied = append(applied, row)
		} else {
			row[1], row[2], row[3] = word, false, reportOnly
			others = append(others, row)
		}
	}
	return append(applied, others...)
}

func modifiedRows(r *record, columns []*activity.Field) (rows [][]any) {
	add := func(target string, of graph.Object) {
		for _, property := range of.At("modifiedProperties") {
			row := cells(property, columns)
			row[0], row[2], row[3] = target, plain(property.Text("oldValue")), plain(property.Text("newValue"))
			rows = append(rows, row)
		}
	}
	for _, target := range r.object.At("targetResources") {
		add(either(target.Text("displayName"), either(target.Text("userPrincipalName"), target.Text("id"))), target)
	}
	if r.kind == activity.ProvisioningEvent {
		add(either(r.text("targetIdentity"), r.text("sourceIdentity")), r.object)
	}
	return rows
}

// plain takes a text out of the JSON that old and new values are written in.
func plain(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}

// Azure Monitor's records give the number of a step's type and status.
// https://learn.microsoft.com/graph/api/resources/provisioningstep
var (
	stepTypes    = []string{"import", "scoping", "matching", "processing", "referenceResolution", "export"}
	stepStatuses = []string{"success", "failure", "skipped", "warning"}
)

func stepRows(r *record, columns []*activity.Field) (rows [][]any) {
	for _, step := range r.object.At("provisioningSteps") {
		row := cells(step, columns)
		row[1] = numbered(stepTypes, either(step.Text("provisioningStepType"), step.Text("type")))
		row[2] = numbered(stepStatuses, step.Text("status"))
		rows = append(rows, row)
	}
	return rows
}

func numbered(names []string, text string) string {
	if len(text) == 1 && text[0] >= '0' && int(text[0]-'0') < len(names) {
		return names[text[0]-'0']
	}
	return text
}

func rawRows(r *record, _ []*activity.Field) [][]any {
	var pretty bytes.Buffer
	if json.Indent(&pretty, r.raw, "", "  ") != nil {
		return [][]any{{string(r.raw)}}
	}
	return [][]any{{pretty.String()}}
}

func either(text, other string) string {
	if text != "" {
		return text
	}
	return other
}
