package activity

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// The classes of outcome. Sign-ins are a success, a failure or interrupted; the other kinds of record use the rest.
const (
	Success     = "success"
	Failure     = "failure"
	Interrupted = "interrupted"
	Skipped     = "skipped"
	Warning     = "warning"
	Timeout     = "timeout"
)

// Statuses lists the classes a sign-in can have, in the order in which they are shown.
var Statuses = []string{Success, Failure, Interrupted}

// AllStatuses lists the classes of all kinds of record. Position plus one is the code under which the store keeps them.
var AllStatuses = []string{Success, Failure, Interrupted, Skipped, Warning, Timeout}

// CodeList names one of the published lists of the codes that mean "interrupted". Microsoft publishes no other
// definition: the portal's third status exists only in the workbooks of Azure Monitor, and those differ.
type CodeList string

// The lists, each from microsoft/Application-Insights-Workbooks.
const (
	ListA       CodeList = "A" // 20 codes: SignIns and SignInsAADADFS workbooks
	ListB       CodeList = "B" // 26 codes: the newer queries of the same, and SignInFailureAnalysis
	ListC       CodeList = "C" // 27 codes: B and 50148, in SignInFailureAnalysis
	DefaultList          = ListB
)

// Classes maps error codes to the status of a sign-in. The status is never guessed from text: Microsoft changes the
// texts.
type Classes map[int]string

// ParseCodeList reads the name of a list.
func ParseCodeList(name string) (CodeList, error) {
	switch l := CodeList(strings.ToUpper(name)); l {
	case ListA, ListB, ListC:
		return l, nil
	}
	return "", fmt.Errorf("unknown list of status codes %q: use A, B or C", name)
}

// Classes returns the classes of the list's codes, overridden by an operator's own classes.
func (l CodeList) Classes(own Classes) Classes {
	classes := Classes{0: Success}
	for code, known := range statusCodes {
		if known.interrupted[l] {
			classes[code] = Interrupted
		}
	}
	maps.Copy(classes, own)
	return classes
}

// Of returns the class of an error code: success for 0, failure for every code the list does not name.
func (c Classes) Of(errorCode int) string {
	if class, ok := c[errorCode]; ok {
		return class
	}
	return Failure
}

// ErrorSymbol returns the name that Microsoft's documentation gives an AADSTS code, such as UserDisabled; empty if it
// gives none.
func ErrorSymbol(errorCode int) string { return statusCodes[errorCode].symbol }

// ValueLabel returns a value together with what it means, where it does not say so itself: 50126
// InvalidUserNameOrPassword.
func (f *Field) ValueLabel(value string) string {
	if f.Name == "errorCode" && f.Type == Integer {
		if code, err := strconv.Atoi(value); err == nil {
			return strings.TrimSpace(value + " " + cmp.Or(statusCodes[code].symbol, statusCodes[code].meaning))
		}
	}
	return value
}

type statusCode struct {
	symbol      string
	meaning     string // in short, of a code without a symbol
	interrupted map[CodeList]bool
}

// status_codes.csv: code, symbol, what each list says of it, and what it means where it has no symbol to say so.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
//
//go:embed status_codes.csv
var statusCodesCSV string

var statusCodes = readStatusCodes(statusCodesCSV)

func readStatusCodes(text string) map[int]statusCode {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic("activity: status_codes.csv: " + err.Error())
	}
	codes := make(map[int]statusCode, len(rows))
	for _, row := range rows[1:] {
		code, err := strconv.Atoi(row[0])
		if err != nil {
			panic("activity: status_codes.csv: " + err.Error())
		}
		codes[code] = statusCode{row[1], row[5], map[CodeList]bool{
			ListA: row[2] == Interrupted, ListB: row[3] == Interrupted, ListC: row[4] == Interrupted,
		}}
	}
	return codes
}
