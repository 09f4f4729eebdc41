// Command prometheus writes the mixin's rules as YAML into the folder it runs in, for Prometheus and for vmalert.
//
// The files are committed, so that nobody needs Go or jsonnet to install them; a test keeps them as this program writes them.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/google/go-jsonnet"
)

//go:generate go run .

// files names each file and the part of the mixin that it holds.
var files = map[string]string{
	"rules.yaml":  "prometheusRules",
	"alerts.yaml": "prometheusAlerts",
}

func main() {
	log.SetFlags(0)
	for name, part := range files {
		text, err := render(part)
		if err == nil {
			err = os.WriteFile(name, []byte(text), 0o644)
		}
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

// render writes a part of the mixin as YAML.
func render(part string) (string, error) {
	vm := jsonnet.MakeVM()
	vm.StringOutput = true
	text, err := vm.EvaluateAnonymousSnippet(part, fmt.Sprintf("std.manifestYamlDoc((import 'mixin.libsonnet').%s, indent_array_in_object=true, quote_keys=false)", part))
	return "# Written by go generate ./provisioning/prometheus from mixin.libsonnet; thresholds are in config.libsonnet.\n" + text, err
}
