package frames

import (
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// The colours of outcomes and risks, the same everywhere. They stay apart for the colour-blind, and on light and dark
// backgrounds: https://jfly.uni-koeln.de/color/
const (
	green  = "#009E73"
	red    = "#D55E00"
	amber  = "#F0B400"
	blue   = "#56B4E9"
	purple = "#CC79A7"
	grey   = "#BDBDBD"
)

var (
	statusColours = map[string]string{
		activity.Success: green, activity.Failure: red, activity.Interrupted: amber,
		activity.Skipped: grey, activity.Warning: blue, activity.Timeout: purple,
	}
	riskColours = map[string]string{"low": blue, "medium": amber, "high": red}
)

// colours returns those of a field's values; nil for fields without.
func colours(f *activity.Field) map[string]string {
	switch {
	case f.Name == "status":
		return statusColours
	case strings.HasPrefix(f.Name, "riskLevel"):
		return riskColours
	}
	return nil
}
