package main

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// The simulator makes each session's collector by itself, as an empty value: there is no other way to it.
var theLab *lab

// collector gives properties in pages, as real servers do, and withholds what the role may not read.
type collector struct {
	simulator.PropertyCollector
	more sync.Map // token to what is left
}

func (c *collector) RetrievePropertiesEx(ctx *simulator.Context, req *types.RetrievePropertiesEx) soap.HasFault {
	for _, spec := range req.SpecSet {
		for _, one := range spec.PropSet {
			for _, path := range one.PathSet {
				if among(path, theLab.get().Unknown) {
					fault := &types.InvalidProperty{Name: path}
					return &methods.RetrievePropertiesExBody{Fault_: simulator.Fault("", fault)}
				}
			}
		}
	}
	answer := c.PropertyCollector.RetrievePropertiesEx(ctx, req)
	body, ok := answer.(*methods.RetrievePropertiesExBody)
	if !ok || body.Res == nil || body.Res.Returnval == nil {
		return answer
	}
	for i := range body.Res.Returnval.Objects {
		object := &body.Res.Returnval.Objects[i]
		withhold(object, askedOf(object.Obj.Type, req.SpecSet), theLab.get().Denied)
	}
	body.Res.Returnval = c.page(body.Res.Returnval.Objects, int(req.Options.MaxObjects))
	return body
}

func (c *collector) ContinueRetrievePropertiesEx(_ *simulator.Context, req *types.ContinueRetrievePropertiesEx) soap.HasFault {
	body := &methods.ContinueRetrievePropertiesExBody{}
	left, ok := c.more.LoadAndDelete(req.Token)
	if !ok {
		body.Fault_ = simulator.Fault("", &types.InvalidArgument{InvalidProperty: "token"})
		return body
	}
	rest := left.(leftover)
	body.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: *c.page(rest.objects, rest.most)}
	return body
}

type leftover struct {
	objects []types.ObjectContent
	most    int
}

func (c *collector) page(objects []types.ObjectContent, most int) *types.RetrieveResult {
	if limit := theLab.get().MostObjects; limit > 0 && (most <= 0 || most > limit) {
		most = limit
	}
	if most <= 0 || len(objects) <= most {
		return &types.RetrieveResult{Objects: objects}
	}
	token := fmt.Sprintf("page-%p", &objects[most])
	c.more.Store(token, leftover{objects[most:], most})
	return &types.RetrieveResult{Objects: objects[:most], Token: token}
}

// WaitForUpdatesEx leaves out what has no value: the simulator would break the connection over it.
func (c *collector) WaitForUpdatesEx(ctx *simulator.Context, req *types.WaitForUpdatesEx) soap.HasFault {
	answer := c.PropertyCollector.WaitForUpdatesEx(ctx, req)
	body, ok := answer.(*methods.WaitForUpdatesExBody)
	if !ok || body.Res == nil || body.Res.Returnval == nil {
		return answer
	}
	for i := range body.Res.Returnval.FilterSet {
		objects := body.Res.Returnval.FilterSet[i].ObjectSet
		for j := range objects {
			kept := objects[j].ChangeSet[:0]
			for _, change := range objects[j].ChangeSet {
				if change.Val != nil {
					kept = append(kept, change)
				}
			}
			objects[j].ChangeSet = kept
		}
	}
	return body
}

// withhold names what the role may not read, whether it is set or not.
func withhold(object *types.ObjectContent, asked, denied []string) {
	kept := object.PropSet[:0]
	for _, one := range object.PropSet {
		if !isDenied(one.Name, denied) {
			kept = append(kept, one)
		}
	}
	object.PropSet = kept
	for _, path := range asked {
		if isDenied(path, denied) {
			fault := &types.NoPermission{Object: object.Obj, PrivilegeId: "System.Read"}
			object.MissingSet = append(object.MissingSet, types.MissingProperty{
				Path: path, Fault: types.LocalizedMethodFault{Fault: fault},
			})
		}
	}
}

func askedOf(kind string, specs []types.PropertyFilterSpec) []string {
	var paths []string
	for _, spec := range specs {
		for _, one := range spec.PropSet {
			if one.Type == kind {
				paths = append(paths, one.PathSet...)
			}
		}
	}
	return paths
}

func isDenied(path string, denied []string) bool {
	for _, one := range denied {
		if path == one || strings.HasPrefix(path, one+".") {
			return true
		}
	}
	return false
}
