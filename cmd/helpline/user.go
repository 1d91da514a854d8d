package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"helpline/dialog"
	"helpline/internal/accounts"
)

// userUsage is how the command is used.
var userUsage = []string{
	"use: user add -name NAME -email EMAIL -roles responder,editor [-team TEAM,TEAM]  (the password on standard input)",
	"or:  user password -email EMAIL",
	"or:  user set -email EMAIL [-name NAME] [-roles ROLES] [-team TEAMS] [-active=false]",
}

// user adds a member of staff, sets their password, or changes who they are. A
// password is read from standard input, so that it is in no list of processes.
func user(ctx context.Context, e environment, c config, args []string) error {
	if len(args) == 0 || !slices.Contains([]string{"add", "password", "set"}, args[0]) {
		return &configError{faults: userUsage}
	}
	flags := flag.NewFlagSet("helpline user "+args[0], flag.ContinueOnError)
	flags.SetOutput(e.err)
	name := flags.String("name", "", "the name people are told")
	email := flags.String("email", "", "how they sign in")
	roles := flags.String("roles", "responder", "responder, safer_custody, editor, manager, admin")
	team := flags.String("team", "", "teams of HELPLINE_TEAMS, with commas; empty: they see the concerns of all")
	active := flags.Bool("active", true, "whether they may sign in")
	flags.StringVar(&c.DataDir, "data", c.DataDir, "data folder")
	if err := flags.Parse(args[1:]); err != nil {
		return &configError{faults: []string{err.Error()}}
	}
	roleList, roleFaults := readRoles(*roles)
	teamList, teamFaults := readTeamList(*team, c.Teams)
	if faults := append(roleFaults, teamFaults...); len(faults) > 0 {
		return &configError{faults: faults}
	}
	password := ""
	if args[0] != "set" {
		line, err := bufio.NewReader(e.in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the password: %w", err)
		}
		password = strings.TrimRight(line, "\r\n")
	}
	h := &house{config: c, log: newLog(e.err, slog.LevelWarn)}
	defer h.close()
	if err := h.openStores(ctx); err != nil {
		return err
	}
	if args[0] == "add" {
		person, err := h.people.Create(ctx, accounts.Person{Name: *name, Email: *email, Roles: roleList, Teams: teamList}, password)
		if err != nil {
			return err
		}
		fmt.Fprintln(e.out, described(person))
		return nil
	}
	person, err := h.people.ByEmail(ctx, *email)
	if err != nil {
		return err
	}
	if args[0] == "password" {
		return h.people.SetPassword(ctx, person.ID, password)
	}
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "name":
			person.Name = *name
		case "roles":
			person.Roles = roleList
		case "team":
			person.Teams = teamList
		case "active":
			person.Active = *active
		}
	})
	if err := h.people.Update(ctx, person); err != nil {
		return err
	}
	fmt.Fprintln(e.out, described(person))
	return nil
}

// described says who somebody is now.
func described(p accounts.Person) string {
	if !p.Active {
		return p.Name + " may not sign in"
	}
	s := p.Name + " may sign in with the roles " + strings.Join(p.Roles, ", ")
	if len(p.Teams) > 0 {
		s += ", in the teams " + strings.Join(p.Teams, ", ")
	}
	return s
}

func readRoles(list string) (roles, faults []string) {
	for _, r := range strings.Split(list, ",") {
		r = strings.TrimSpace(r)
		switch dialog.Role(r) {
		case dialog.Responder, dialog.SaferCustody, dialog.Editor, dialog.ManagerRole, dialog.Admin:
			roles = append(roles, r)
		default:
			faults = append(faults, "there is no role "+r)
		}
	}
	return roles, faults
}

// readTeamList reads ids of teams. One that there is not would let somebody see
// no concern at all.
func readTeamList(list string, all []dialog.Team) (ids, faults []string) {
	for _, id := range strings.Split(list, ",") {
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		if !slices.ContainsFunc(all, func(t dialog.Team) bool { return string(t.ID) == id }) {
			faults = append(faults, "there is no team "+id+" in HELPLINE_TEAMS")
		}
		ids = append(ids, id)
	}
	return ids, faults
}
