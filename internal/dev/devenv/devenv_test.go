package devenv

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
)

// standInEnv makes this program a Grafana that answers with the files it was provisioned with.
const standInEnv = "ENTRA_ACTIVITY_STAND_IN"

func TestMain(m *testing.M) {
	if os.Getenv(standInEnv) == "" {
		pgtest.Main(m)
	}
	http.HandleFunc("/api/health", func(http.ResponseWriter, *http.Request) {})
	http.Handle("/", http.FileServer(http.Dir(os.Getenv("GF_PATHS_PROVISIONING"))))
	_ = http.ListenAndServe(os.Getenv("GF_SERVER_HTTP_ADDR")+":"+os.Getenv("GF_SERVER_HTTP_PORT"),
		nil) // until it is interrupted
}

var root = filepath.Join("..", "..", "..")

// builtPlugin builds the plugin and returns its path.
func builtPlugin(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "plugin")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./pkg")
	build.Dir = root
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return binary
}

// The plugin is built and queried over gRPC, as Grafana does, for everything the bundled dashboards show.
func TestEveryPanelAndMetricHasAnAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the plugin and imports a tenant")
	}
	var out bytes.Buffer
	err := Run(t.Context(), Options{Root: root, Plugin: builtPlugin(t), SignIns: 20_000, Smoke: true, Out: &out})
	t.Log(out.String())
	require.NoError(t, err)

	var want []string
	for _, panels := range fromRows {
		want = append(want, panels...)
	}
	var have []string
	for _, line := range counted.FindAllStringSubmatch(out.String(), -1) {
		have = append(have, line[1]+": "+line[2])
	}
	assert.ElementsMatch(t, want, have, "panels that count rows, of which there are most in the store: "+
		"let the rollup serve, or say here why it cannot")
}

var counted = regexp.MustCompile(`(?m)^ok +Entra ID: (.+?)  +(.+?)  +.* ms, counted from rows$`)

// fromRows are the panels of which no part is counted by the rollup, and why.
var fromRows = map[string][]string{
	"the rollup counts by one thing at a time, and these need two": {
		"Applications: By which clients?",
		"Applications: Who uses it most?",
		"Audit: Most frequent activities",
		"Audit: Applications by changes",
		"Audit: Who changes most",
		"Conditional Access and MFA: Who still uses legacy clients",
		"Conditional Access and MFA: Whom report-only policies would stop",
		"Groups: From which countries?",
		"Groups: Is MFA asked for?",
		"Groups: Which applications do members use?",
		"My sign-ins: Countries",
		"My sign-ins: From where?",
		"My sign-ins: What did I use?",
		"Provisioning: From where to where",
		"Risk: Where risk comes from",
		"Users: Applications",
		"Users: Countries",
		"Users: From which places?",
		"Users: To which applications?",
		"Users: With which devices?",
	},
	"the rollup knows error codes, and not the reasons, which are texts": {
		"Applications: Why do its sign-ins fail?",
		"Groups: Why do their sign-ins fail?",
		"Provisioning: Why provisioning fails",
	},
	"what satisfied MFA is a text": {
		"Conditional Access and MFA: Applications without MFA",
		"Conditional Access and MFA: How MFA was satisfied",
		"Conditional Access and MFA: Signed in without MFA",
		"Conditional Access and MFA: Users who got in without MFA",
		"Conditional Access and MFA: Users without MFA",
	},
	"the rollup tells users apart by day only, and by nothing else": {
		"Applications: Active users",
		"Applications: Which have most users?",
		"Audit: People making changes",
		"Sign-ins: Active users",
	},
	"hours of days of a user are few": {
		"My sign-ins: When was my account used?",
		"Users: When does the user sign in?",
	},
	"an index finds what was seen first and last": {
		"Applications: Which applications are new?",
		"Applications: Which applications are no longer used?",
		"Audit: When each activity was done last",
	},
	"durations are not summed ahead": {
		"Provisioning: Average duration",
		"Provisioning: How long it takes",
		"Risk: Time to remediation",
		"Risk: Time to remediation by week",
	},
	"a sign-in can become risky later, by a detection": {
		"Risk: Risky sign-ins by how they ended",
		"Risk: Risky sign-ins let in",
	},
	"risky users are a state, and few": {
		"Groups: Members at risk",
		"Overview: Users at risk",
		"Overview: Who is at risk now?",
		"Risk: At high risk now",
		"Risk: Risky users by level and state",
		"Risk: Users at risk now",
		"Risk: When risks began and ended",
	},
}
