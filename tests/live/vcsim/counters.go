package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	interval   = 20
	kept       = 180
	hostMHz    = 2294
	usualMHz   = 300
	usualReady = 40
)

// counters answers QueryPerf with figures that hang together: use ends at the guest's limit, and what it is
// held back by stands in `ready` and in `maxlimited`. Zeros are kept; those that do not run have no samples.
type counters struct {
	simulator.PerformanceManager
	lab *lab
}

func nameOf(one types.PerfCounterInfo) string {
	return one.GroupInfo.GetElementDescription().Key + "." + one.NameInfo.GetElementDescription().Key + "." + string(one.RollupType)
}

func (c *counters) QueryPerf(ctx *simulator.Context, req *types.QueryPerf) soap.HasFault {
	body := &methods.QueryPerfBody{Res: &types.QueryPerfResponse{}}
	now := c.lab.get()
	if now.MostObjects > 0 && len(req.QuerySpec) > now.MostObjects {
		body.Fault_ = simulator.Fault("", &types.InvalidArgument{InvalidProperty: "querySpec.size"})
		return body
	}
	names := map[int32]string{}
	for _, one := range c.PerfCounter {
		names[one.Key] = nameOf(one)
	}
	for _, query := range req.QuerySpec {
		entity := ctx.Map.Get(query.Entity)
		if entity == nil {
			body.Fault_ = simulator.Fault("", &types.ManagedObjectNotFound{Obj: query.Entity})
			body.Res = nil
			return body
		}
		if vm, ok := entity.(*simulator.VirtualMachine); ok && among(vm.Name, now.Broken) {
			body.Fault_ = simulator.Fault("A general system error occurred", &types.SystemError{Reason: "broken"})
			body.Res = nil
			return body
		}
		answer := c.samples(now, query, names, figuresOf(now, entity))
		if answer != nil {
			body.Res.Returnval = append(body.Res.Returnval, answer)
		}
	}
	return body
}

// figures gives a counter's value for each of its instances, so many samples ago.
type figures func(name string, ago int) map[string]int64

func (c *counters) samples(now settings, query types.PerfQuerySpec, names map[int32]string, of figures) types.BasePerfEntityMetricBase {
	count := int(query.MaxSample)
	if count <= 0 || count > kept {
		count = kept
	}
	newest := time.Now().UTC().Truncate(interval * time.Second)
	info := []string{}
	for ago := count - 1; ago >= 0; ago-- {
		at := newest.Add(-time.Duration(ago*interval) * time.Second)
		if query.StartTime == nil || at.After(*query.StartTime) {
			info = append(info, strconv.Itoa(interval), at.Format(time.RFC3339))
		}
	}
	if of == nil || len(info) == 0 {
		return nil
	}
	answer := &types.PerfEntityMetricCSV{SampleInfoCSV: strings.Join(info, ",")}
	answer.Entity = query.Entity
	for _, id := range query.MetricId {
		for instance := range of(names[id.CounterId], 0) {
			if id.Instance != "*" && id.Instance != instance {
				continue
			}
			values := []string{}
			for ago := len(info)/2 - 1; ago >= 0; ago-- {
				values = append(values, strconv.FormatInt(of(names[id.CounterId], ago)[instance], 10))
			}
			series := types.PerfMetricSeriesCSV{Value: strings.Join(values, ",")}
			series.Id = types.PerfMetricId{CounterId: id.CounterId, Instance: instance}
			answer.Value = append(answer.Value, series)
		}
	}
	return answer
}

func figuresOf(now settings, entity interface{}) figures {
	switch one := entity.(type) {
	case *simulator.VirtualMachine:
		if one.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOn {
			return nil
		}
		return guestFigures(now, one)
	case *simulator.HostSystem:
		return hostFigures(one)
	}
	return nil
}

func guestFigures(now settings, vm *simulator.VirtualMachine) figures {
	name := vm.Name
	limit := int64(-1)
	if given := vm.Config.CpuAllocation; given != nil && given.Limit != nil {
		limit = *given.Limit
	}
	return func(counter string, ago int) map[string]int64 {
		demand := int64(usualMHz)
		if given, ok := now.DemandMHz[name]; ok && (now.OlderSamples == 0 || ago < now.OlderSamples) {
			demand = given
		}
		used, held := demand, int64(0)
		if limit >= 0 && demand > limit {
			used, held = limit, (demand-limit)*interval*1000/hostMHz
		}
		whole := func(value int64) map[string]int64 { return map[string]int64{"": value} }
		switch counter {
		case "cpu.usagemhz.average":
			return whole(used)
		case "cpu.demand.average":
			return whole(demand)
		case "cpu.ready.summation":
			return whole(usualReady + now.ReadyMs[name] + held)
		case "cpu.maxlimited.summation":
			return whole(held)
		case "cpu.costop.summation", "cpu.swapwait.summation", "mem.vmmemctl.average", "mem.swapped.average",
			"mem.compressed.average", "mem.swapinRate.average":
			return whole(0)
		case "mem.granted.average", "mem.active.average":
			return whole(262144)
		case "virtualDisk.totalReadLatency.average", "virtualDisk.totalWriteLatency.average":
			return map[string]int64{"scsi0:0": 4}
		case "virtualDisk.read.average", "virtualDisk.write.average":
			return map[string]int64{"scsi0:0": 128}
		case "net.received.average", "net.transmitted.average":
			return map[string]int64{"": 3, "4000": 3}
		case "net.droppedRx.summation", "net.droppedTx.summation":
			return map[string]int64{"": 0, "4000": 0}
		case "sys.uptime.latest":
			return whole(86400)
		}
		return nil
	}
}

func hostFigures(host *simulator.HostSystem) figures {
	stores := map[string]int64{}
	for _, ref := range host.Datastore {
		if store, ok := simulator.Map.Get(ref).(*simulator.Datastore); ok {
			parts := strings.Split(strings.TrimRight(store.Summary.Url, "/"), "/")
			stores[parts[len(parts)-1]] = 6
		}
	}
	return func(counter string, _ int) map[string]int64 {
		switch counter {
		case "cpu.usagemhz.average":
			return map[string]int64{"": 900}
		case "mem.consumed.average":
			return map[string]int64{"": 2097152}
		case "mem.vmmemctl.average", "mem.swapused.average":
			return map[string]int64{"": 0}
		case "disk.deviceReadLatency.average", "disk.deviceWriteLatency.average", "disk.kernelLatency.average":
			return map[string]int64{"naa.600508": 2}
		case "net.droppedRx.summation", "net.droppedTx.summation":
			return map[string]int64{"": 0, "vmnic0": 0}
		case "datastore.totalReadLatency.average", "datastore.totalWriteLatency.average":
			return stores
		case "sys.uptime.latest":
			return map[string]int64{"": 86400}
		}
		return nil
	}
}
