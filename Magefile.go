//go:build mage

// The project's commands: go tool mage -l lists them. They need Go and Node, and nothing else.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	// mage:import sdk
	sdk "github.com/grafana/grafana-plugin-sdk-go/build"
	"github.com/magefile/mage/mg"
	"github.com/magefile/mage/sh"
	"github.com/magefile/mage/target"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
)

// Default is what mage without a target does.
var Default = Build

// folders hold our Go code: ./... would take in what comes with npm packages.
var folders = []string{"cmd", "dashboards", "deploy", "docs", "internal", "pkg", "provisioning"}

const golangciLint = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.8.0"

// Build builds the plugin for this machine into dist/ and the companion into bin/.
func Build() {
	mg.SerialDeps(frontend, backend, companion)
}

// BuildAll builds the plugin's backend for every platform it is released for.
func BuildAll() {
	mg.SerialDeps(sdk.BuildAll)
}

// Test checks everything: formatting, linters, Go and front-end tests, the built plugin against a real PostgreSQL, and the
// dashboards and editors in a browser. It ends with what was left out for want of a program.
func Test() error {
	list, err := os.CreateTemp("", "left-out-")
	if err != nil {
		return err
	}
	defer func() {
		if text, err := io.ReadAll(list); err == nil {
			fmt.Print(string(text))
		}
		list.Close()
		os.Remove(list.Name())
	}()
	if err := os.Setenv(debian.LeftOutEnv, list.Name()); err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		run  func() error
	}{
		{"gofmt", gofmt},
		{"go vet (compiles everything; minutes the first time)", vet},
		{"golangci-lint (compiles everything once more the first time)", lint},
		{"go test (packages are reported in the order of their names, and some take minutes)", goTest},
		{"comparison with Prometheus' engine", promqlTest},
		{"front end: npm ci, format, types, ESLint, Jest", frontendTest},
		{"build of plugin and companion, and tests in a browser", browserTest},
	} {
		fmt.Printf("%s  %s\n", time.Now().Format(time.TimeOnly), step.what)
		if err := step.run(); err != nil {
			return err
		}
	}
	return nil
}

// Demo shows the dashboards of an invented tenant, in Grafana or a preview, until Ctrl-C; DEMO_FLAGS=-help lists options.
func Demo() error {
	mg.Deps(Build, previewPage)
	return devenv(strings.Fields(os.Getenv("DEMO_FLAGS"))...)
}

// Smoke does what Demo does once, and fails when a panel or a metric has no answer.
func Smoke() error {
	mg.Deps(Build)
	return devenv("--smoke")
}

// devenv leaves Ctrl-C to the program, which stops what it started. Mage would wait 5 seconds for that, and go run would
// call it a failure.
func devenv(args ...string) error {
	program := filepath.Join("bin", executable("devenv"))
	if err := golang("build", "-o", program, "./internal/dev/devenv/main"); err != nil {
		return err
	}
	signal.Ignore(os.Interrupt)
	defer signal.Reset(os.Interrupt)
	return sh.RunV(program, args...)
}

// Bench measures speed and size against a table written by hand; BENCH_FLAGS="-sign-ins 10000000" says with how many.
func Bench() error {
	mg.Deps(backend, companion)
	return golang("run", append([]string{"./internal/dev/bench/main"}, strings.Fields(os.Getenv("BENCH_FLAGS"))...)...)
}

func backend() error {
	return sdk.Build{}.Custom(runtime.GOOS, runtime.GOARCH)
}

func companion() error {
	text, err := os.ReadFile("package.json")
	if err != nil {
		return err
	}
	var pack struct{ Version string }
	if err := json.Unmarshal(text, &pack); err != nil {
		return err
	}
	version := "-X github.com/prometheus/common/version.Version=" + pack.Version
	program := filepath.Join("bin", executable("entra-activity"))
	return golang("build", "-ldflags", version, "-o", program, "./cmd/entra-activity")
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// nodeModules installs what package-lock.json says, unless that has been done.
func nodeModules() error {
	stale, err := target.Path(filepath.Join("node_modules", ".package-lock.json"), "package-lock.json", ".npmrc")
	if err != nil || !stale {
		return err
	}
	return npm("ci", "--no-audit", "--no-fund", "--loglevel=error") // warnings are about packages of others
}

func frontend() error {
	return bundle("build", filepath.Join("dist", "module.js"), "dashboards", "webpack.config.ts", ".config")
}

// previewPage bundles the page of the preview.
func previewPage() error {
	page := filepath.Join("preview", "page")
	return bundle("build:preview", filepath.Join("bin", "preview", "preview.js"), page, filepath.Join("preview", "build.mjs"))
}

// bundle runs an npm script unless what it makes is newer than its sources.
func bundle(script, made string, sources ...string) error {
	mg.Deps(nodeModules)
	stale, err := target.Dir(made, append(sources, "src", "plugin.json", "package-lock.json")...)
	if err != nil || !stale {
		return err
	}
	return npm("run", script)
}

func frontendTest() error {
	mg.Deps(nodeModules)
	for _, script := range []string{"format:check", "typecheck", "lint", "test:ci"} {
		if err := npm("run", script); err != nil {
			return err
		}
	}
	return nil
}

func npm(args ...string) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("npm is not found: install Node 20 or newer, https://nodejs.org")
	}
	return sh.RunV("npm", args...)
}

func gofmt() error {
	root, err := sh.Output("go", "env", "GOROOT")
	if err != nil {
		return err
	}
	program := filepath.Join(root, "bin", executable("gofmt"))
	unformatted, err := sh.Output(program, append([]string{"-l", "Magefile.go"}, folders...)...)
	if err == nil && unformatted != "" {
		err = fmt.Errorf("not formatted, run gofmt -w on: %s", strings.Join(strings.Fields(unformatted), " "))
	}
	return err
}

func vet() error {
	return golang("vet", packages()...)
}

// lint runs golangci-lint where it is installed. Building it takes minutes, which only continuous integration spends.
func lint() error {
	if _, err := exec.LookPath("golangci-lint"); err == nil {
		return sh.RunV("golangci-lint", append([]string{"run", "--allow-parallel-runners"}, packages()...)...)
	}
	if os.Getenv("CI") != "" {
		return golang("run", append([]string{golangciLint, "run", "--allow-parallel-runners"}, packages()...)...)
	}
	fmt.Println("LEFT OUT: golangci-lint, which is not installed. Install it with: go install " + golangciLint)
	return nil
}

func goTest() error {
	// A busy machine takes longer than the ten minutes that go test allows a package.
	return golang("test", append([]string{"-timeout=30m"}, packages()...)...)
}

// promqlTest runs the tests of a module of its own: only this comparison needs Prometheus' engine.
func promqlTest() error {
	return golang("-C", filepath.Join("internal", "dev", "conformance", "promql"), "test", "-timeout=30m", "./...")
}

// browserTest opens the dashboards and the editors in a browser, and looks.
func browserTest() error {
	mg.SerialDeps(Build, previewPage)
	return golang("test", "-count=1", "-timeout=60m", "-tags=browser", "./internal/dev/preview")
}

// Screenshots writes pictures of all dashboards, dark and light, into docs/img/dashboards, and those of docs/queries.md
// into docs/img/queries. Look at them before you commit them.
func Screenshots() error {
	folder, err := filepath.Abs(filepath.Join("docs", "img"))
	if err != nil {
		return err
	}
	if err := os.Setenv("SCREENSHOTS", folder); err != nil {
		return err
	}
	if err := browserTest(); err != nil {
		return err
	}
	pngquant, err := exec.LookPath("pngquant")
	if err != nil {
		fmt.Println("LEFT OUT: pngquant, which is not installed. It makes pictures a third as large.")
		return nil
	}
	pictures, err := filepath.Glob(filepath.Join(folder, "*", "*.png"))
	if err != nil {
		return err
	}
	return sh.RunV(pngquant, append([]string{"--force", "--ext=.png", "--strip", "--speed=3", "--"}, pictures...)...)
}

func golang(command string, args ...string) error {
	return sh.RunV("go", append([]string{command}, args...)...)
}

func packages() (patterns []string) {
	for _, folder := range folders {
		patterns = append(patterns, "./"+folder+"/...")
	}
	return patterns
}
