package jsonstream_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest/jsonstream"
)

// read lists what a reader finds: "line: record" or "line! reason".
func read(t *testing.T, source io.Reader, limit int) []string {
	t.Helper()
	var found []string
	r := jsonstream.NewReader(source, limit)
	for {
		record, err := r.Next()
		var broken *jsonstream.BrokenError
		switch {
		case errors.Is(err, io.EOF):
			return found
		case errors.As(err, &broken):
			found = append(found, fmt.Sprintf("%d! %s", broken.Line, broken.Reason))
		case err != nil:
			t.Fatal(err)
		default:
			line := fmt.Sprintf("%d: %s%s", record.Line, record.Columns, record.Data)
			if record.Error {
				line = fmt.Sprintf("%d: error %s", record.Line, record.Data)
			}
			found = append(found, line)
		}
	}
}

func TestNext(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":      {"", nil},
		"blank":        {" \n\n", nil},
		"one":          {`{"a":1}`, []string{`1: {"a":1}`}},
		"lines":        {"{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", []string{`1: {"a":1}`, `2: {"a":2}`, `4: {"a":3}`}},
		"concatenated": {`{"a":1}{"a":2} {"a":3}`, []string{`1: {"a":1}`, `1: {"a":2}`, `1: {"a":3}`}},
		"array":        {"[{\"a\":1},\n {\"a\":[{\"b\":2}]}]", []string{`1: {"a":1}`, `2: {"a":[{"b":2}]}`}},
		"empty array":  {`[]`, nil},
		"page": {`{"@odata.context":"x","value":[{"a":1},{"a":2}],"@odata.nextLink":"y","n":[1],"o":{"p":[{}]}}`,
			[]string{`1: {"a":1}`, `1: {"a":2}`}},
		"empty page":         {`{"value": []}`, nil},
		"pages, one a line":  {"{\"records\":[{\"a\":1}]}\n{\"records\":[{\"a\":2}]}", []string{`1: {"a":1}`, `2: {"a":2}`}},
		"list of pages":      {`[{"Records":[{"a":1}]},{"value":[{"a":2}]}]`, []string{`1: {"a":1}`, `1: {"a":2}`}},
		"value further in":   {`{"details":[{"key":"k","value":["v"]}]}`, []string{`1: {"details":[{"key":"k","value":["v"]}]}`}},
		"value that is text": {`{"value":"v","x":[1]}`, []string{`1: {"value":"v","x":[1]}`}},
		"brackets in texts":  {`{"a":"}\"]{\\"}` + "\n{}", []string{`1: {"a":"}\"]{\\"}`, `2: {}`}},
		"pretty-printed": {"[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  }\n]",
			[]string{"2: {\n    \"a\": 1\n  }", "5: {\n    \"a\": 2\n  }"}},
		"broken line": {"{\"a\":1}\n{\"a\":\"x\n{\"a\":3}",
			[]string{`1: {"a":1}`, `2! the record is not valid JSON: a line ends within a text`, `3: {"a":3}`}},
		"bracket missing": {"{\"a\":{\"b\":1}\n{\"a\":2}", []string{`1! the record is not valid JSON: a bracket ` +
			`opens where none may`, `2: {"a":2}`}},
		"bracket too many": {"{\"a\":1}}\n{\"a\":2}", []string{`1: {"a":1}`, `1! this is not JSON; the rest of the ` +
			`line is not read`, `2: {"a":2}`}},
		"wrong bracket": {"{\"a\":[1}\n{\"a\":2}", []string{`1! the record is not valid JSON: a bracket closes ` +
			`that was not opened`, `2: {"a":2}`}},
		"something else": {"{\"a\":1}\nServer restarted\n{\"a\":2}", []string{`1: {"a":1}`, `2! this is not JSON`, `3: {"a":2}`}},
		"truncated line": {"{\"a\":1}\n{\"a\":", []string{`1: {"a":1}`, `2! the file ends in the middle of a record`}},
		"truncated list": {"[{\"a\":1},", []string{`1: {"a":1}`, `1! the file ends inside a list: it is probably incomplete`}},
		"truncated text": {`[{"a":1},{"a":"b\`, []string{`1: {"a":1}`, `1! the file ends in the middle of a record`}},
		"broken in a list": {"[\n {\"a\":\"x\n },\n {\"a\":2}\n]\n",
			[]string{`2! the record is not valid JSON: a line ends within a text`, `4: {"a":2}`}},
		"broken page of many": {"{\"records\":[{\"a\":\"x\n{\"records\":[{\"a\":2}]}",
			[]string{`1! the record is not valid JSON: a line ends within a text`, `2: {"a":2}`}},
		"broken pretty-printed": {"{\n  \"a\": {\n    \"b\": \"x\n  }\n}\n{\n  \"a\": 2\n}",
			[]string{`1! the record is not valid JSON: a line ends within a text`, "6: {\n  \"a\": 2\n}"}},
		"table": {`{"tables":[{"name":"t","columns":[{"name":"a"}],"rows":[[1],["]"],[[2]]]},{"columns":["b"],` +
			`"rows":[]},{"columns":["c"],"rows":[[3]]}],"statistics":{"rows":[[4]]}}`,
			[]string{`1: [{"name":"a"}][1]`, `1: [{"name":"a"}]["]"]`, `1: [{"name":"a"}][[2]]`, `1: ["c"][3]`}},
		"table by itself":  {`{"columns":["a"],"rows":[[1]]}{"a":1}`, []string{`1: ["a"][1]`, `1: {"a":1}`}},
		"rows of no table": {`{"rows":[[1]],"columns":["a"]}`, []string{`1: {"rows":[[1]],"columns":["a"]}`}},
		"broken row": {"{\"columns\":[\"a\"],\"rows\":[\n [\"x\n ],\n [2]\n]}",
			[]string{`2! the record is not valid JSON: a line ends within a text`, `4: ["a"][2]`}},
		"error behind a page": {"{\"value\":[{\"a\":1}],\n\"error\":{\"code\":[]}}{\"a\":2}",
			[]string{`1: {"a":1}`, `2: error {"code":[]}`, `2: {"a":2}`}},
		"error before a page": {"[{\"error\":{\"code\":\"x\"},\"o\":{},\n\"value\":[{\"a\":1}]},{\"value\":[]}]",
			[]string{`1: error {"code":"x"}`, `2: {"a":1}`}},
		"error of a table": {`{"Error":{},"tables":[{"error":{"b":{}},"columns":["a"],"rows":[[1]],` +
			`"error":{"c":[]}}],"error":{"d":{}}}`,
			[]string{`1: error {}`, `1: error {"b":{}}`, `1: ["a"][1]`, `1: error {"c":[]}`, `1: error {"d":{}}`}},
		"error of a record":  {`{"value":[{"error":{"code":"x"}}],"error":null,"x":{}}`, []string{`1: {"error":{"code":"x"}}`}},
		"files put together": {"{\"a\":1}\n\uFEFF{\"a\":2}", []string{`1: {"a":1}`, `2: {"a":2}`}},
		"others in a list": {"[1, {\"a\":2}, null,\n \"x\"\n]", []string{`1! a list of records has something else ` +
			`in it`, `1: {"a":2}`, `1! a list of records has something else in it`, `2! a list of records has something else in it`}},
		"broken in a line": {"[{\"a\":1},{\"a\":[1},{\"a\":3}]\n{\"a\":4}",
			[]string{`1: {"a":1}`, `1! the record is not valid JSON: a bracket closes that was not opened; the rest ` +
				`of the line is not read`, `2: {"a":4}`}},
		"words in a list": {"[none of it]\n{\"a\":2}", []string{`1! this is not JSON; the rest of the line is not read`, `2: {"a":2}`}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, read(t, strings.NewReader(test.in), 1<<20))
			require.Equal(t, test.want, read(t, iotest.OneByteReader(strings.NewReader(test.in)), 1<<20), "read byte by byte")
		})
	}
}

func TestSourceFails(t *testing.T) {
	r := jsonstream.NewReader(io.MultiReader(strings.NewReader(`{"a":1}`), iotest.ErrReader(io.ErrUnexpectedEOF)), 1<<20)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	_, err := r.Next()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// repeated yields head, then the record n times, then tail.
func repeated(head, record, tail string, n int) io.Reader {
	i := -1
	var current io.Reader = strings.NewReader(head)
	return readerFunc(func(p []byte) (int, error) {
		for {
			if read, err := current.Read(p); err != io.EOF {
				return read, err
			}
			switch i++; {
			case i < n:
				current = strings.NewReader(record)
			case i == n:
				current = strings.NewReader(tail)
			default:
				return 0, io.EOF
			}
		}
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestMemoryIsBounded(t *testing.T) {
	peak := func(source io.Reader) (records, refused int, megabytes uint64) {
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		r := jsonstream.NewReader(source, 1<<20)
		for {
			_, err := r.Next()
			var broken *jsonstream.BrokenError
			if errors.Is(err, io.EOF) {
				runtime.ReadMemStats(&now)
				return records, refused, (now.TotalAlloc - before.TotalAlloc) >> 20
			}
			if errors.As(err, &broken) {
				refused++
				continue
			}
			records++
		}
	}
	record := `{"a":"` + strings.Repeat("x", 4000) + "\"},\n"
	if records, refused, megabytes := peak(repeated(`{"value":[`, record, `{}]}`,
		50_000)); records != 50_001 || refused != 0 || megabytes > 10 {
		t.Errorf("200 MB page: %d records, %d refused, %d MB allocated", records, refused, megabytes)
	}
	if records, refused, megabytes := peak(repeated(`{"a":[`, record, `{}]}`+"\n{}",
		50_000)); records != 1 || refused != 1 || megabytes > 10 {
		t.Errorf("200 MB record: %d records, %d refused, %d MB allocated", records, refused, megabytes)
	}
	if records, refused, megabytes := peak(repeated(`no JSON `, record, "\n{}",
		50_000)); records != 50_000 || refused != 1 || megabytes > 10 {
		t.Errorf("no JSON: %d records, %d refused, %d MB allocated", records, refused, megabytes)
	}
}

func BenchmarkNext(b *testing.B) {
	const n = 2000
	record := `{"id":"1","status":{"errorCode":0,"details":null},` +
		`"policies":[{"name":"a \"b\"","grants":["mfa","block"]},{"name":"c"}],"bytes":` +
		strings.Repeat(`[1,{"a":"b"},true],"text":"`+strings.Repeat("x", 100)+`","more":`, 10) + `1.5}`
	pretty := strings.NewReplacer(`,"`, ",\n  \"", `{`, "{\n    ", `}`, "\n}").Replace(record)
	for name, test := range map[string]string{
		"lines":  strings.Repeat(record+"\n", n),
		"page":   `{"value":[` + strings.Repeat(record+",", n-1) + record + `]}`,
		"pages":  strings.Repeat(`{"records":[`+record+"]}\n", n),
		"pretty": "[" + strings.Repeat(pretty+",\n", n-1) + pretty + "]",
		"table":  `{"columns":["a"],"rows":[` + strings.Repeat("["+record+"],", n-1) + "[" + record + `]]}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(test)))
			for b.Loop() {
				r := jsonstream.NewReader(strings.NewReader(test), 1<<20)
				for found := 0; ; found++ {
					if _, err := r.Next(); err != nil {
						require.ErrorIs(b, err, io.EOF)
						require.Equal(b, n, found)
						break
					}
				}
			}
		})
	}
}
