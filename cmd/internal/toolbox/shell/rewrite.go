package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// own marks the commands that the shell adds to the interpreter's. No user can type it.
const own = "\x01"

// The variables by which background jobs are told apart: lastKey is the newest
// job's, in the shell that started it; thisKey is set inside the job only.
const (
	lastKey = "__TOOLBOX_LAST"
	thisKey = "__TOOLBOX_JOB"
)

// rewrite prepares a program for the interpreter, which runs background statements as goroutines and
// knows neither their processes nor their ends. "COMMAND &" becomes
//
//	{ LAST=$SRANDOM; begin TEXT; { JOB=$LAST; COMMAND; end $?; } & }
//
// and "$!" becomes "$(pid)", begin, end and pid being commands of our own. "$0" becomes
// zero, unless that is empty: single statements have no name in the interpreter.
func rewrite(node syntax.Node, zero string) {
	var found []*syntax.Stmt // changed afterwards: Walk would descend into what is new
	syntax.Walk(node, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.Stmt:
			if node.Background {
				found = append(found, node)
			}
		case *syntax.Word:
			parameters(node.Parts, zero)
		case *syntax.DblQuoted:
			parameters(node.Parts, zero)
		}
		return true
	})
	for _, statement := range found {
		background(statement)
	}
}

// background puts the bookkeeping around one statement.
func background(s *syntax.Stmt) {
	command := *s
	command.Background = false
	command.Semicolon = syntax.Pos{}
	var text strings.Builder
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&text, &command); err != nil {
		text.WriteString("...")
	}
	*s = *block(
		assign(lastKey, "SRANDOM"),
		call("begin", &syntax.SglQuoted{Value: text.String()}),
		block(
			assign(thisKey, lastKey),
			&command,
			call("end", parameter("?")),
		),
	)
	s.Cmd.(*syntax.Block).Stmts[2].Background = true
}

// parameters replaces "$!" and "$0" among the parts of a word.
func parameters(parts []syntax.WordPart, zero string) {
	for i, part := range parts {
		p, ok := part.(*syntax.ParamExp)
		if !ok || !p.Short || p.Param == nil {
			continue
		}
		switch {
		case p.Param.Value == "!":
			parts[i] = &syntax.CmdSubst{Stmts: []*syntax.Stmt{call("pid")}}
		case p.Param.Value == "0" && zero != "":
			parts[i] = &syntax.SglQuoted{Value: zero}
		}
	}
}

func block(statements ...*syntax.Stmt) *syntax.Stmt {
	return &syntax.Stmt{Cmd: &syntax.Block{Stmts: statements}}
}

func parameter(name string) *syntax.ParamExp {
	return &syntax.ParamExp{Short: true, Param: &syntax.Lit{Value: name}}
}

// assign is the statement name=$from.
func assign(name, from string) *syntax.Stmt {
	return &syntax.Stmt{Cmd: &syntax.CallExpr{Assigns: []*syntax.Assign{{
		Name: &syntax.Lit{Value: name}, Value: &syntax.Word{Parts: []syntax.WordPart{parameter(from)}},
	}}}}
}

// call is a call of one of our own commands.
func call(name string, args ...syntax.WordPart) *syntax.Stmt {
	c := &syntax.CallExpr{Args: []*syntax.Word{{Parts: []syntax.WordPart{&syntax.SglQuoted{Value: own + name}}}}}
	for _, arg := range args {
		c.Args = append(c.Args, &syntax.Word{Parts: []syntax.WordPart{arg}})
	}
	return &syntax.Stmt{Cmd: c}
}
