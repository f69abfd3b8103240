package main

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

// settings are what the control end point may change; each request to it replaces those that it names.
type settings struct {
	// DemandMHz of a guest by its name; 300 where none is given.
	DemandMHz map[string]int64
	// ReadyMs of a guest by its name: waiting of 20 s that is not by its own limit.
	ReadyMs map[string]int64
	// OlderSamples: the demand holds for the newest so many samples only; 0 is for all.
	OlderSamples int
	// Unknown: property paths that this version does not have.
	Unknown []string
	// Broken: guests, by name, that QueryPerf fails over.
	Broken []string
	// Without: counters that this version does not have (`cpu.maxlimited.summation`).
	Without []string
	// MostObjects: what QueryPerf and a page of properties take at most; 0 is no limit.
	MostObjects int
	// ClockSeconds: how far its clock is ahead.
	ClockSeconds int
	// Denied: methods and property paths that the role may not use.
	Denied []string
	// Granted: whether the role may act.
	Granted bool
	// Licence: the edition's key.
	Licence string
	// Hang: how many of the next requests with a method in HangOn (all, if empty) get no answer.
	Hang   int
	HangOn string
	// Cut: how many of the next answers to CutOn end in the middle with a reset.
	Cut   int
	CutOn string
	// Drip: answers come byte by byte.
	Drip bool
	// Expire: how many of the next requests with ExpireOn find that every session has run out.
	Expire   int
	ExpireOn string
	// Garble, GarbleOn: how many of the next answers (to one method) are not XML.
	Garble   int
	GarbleOn string
	// Certificate: PEM file of the certificate from now on.
	Certificate string
}

type lab struct {
	mu       sync.Mutex
	now      settings
	dead     map[string]bool // cookies of sessions that ran out
	alive    map[string]bool
	requests map[string]int
	pair     *tls.Certificate
	released chan struct{}
	all      []types.PerfCounterInfo
	content  types.ServiceContent
}

func newLab() *lab {
	return &lab{
		now:      settings{Granted: true},
		dead:     map[string]bool{},
		alive:    map[string]bool{},
		requests: map[string]int{},
		released: make(chan struct{}),
	}
}

func (l *lab) get() settings {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *lab) release() {
	close(l.released)
}

// take counts one down if it is left and the method is the one that is meant.
func (l *lab) take(left *int, on, method string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *left == 0 || (on != "" && on != method) {
		return false
	}
	*left--
	return true
}

// tls answers with the certificate that is the present one, so that it can change while it serves.
func (l *lab) tls(file string) *tls.Config {
	l.load(file)
	l.mu.Lock()
	defer l.mu.Unlock()
	return &tls.Config{
		Certificates: []tls.Certificate{*l.pair},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			l.mu.Lock()
			defer l.mu.Unlock()
			return &tls.Config{Certificates: []tls.Certificate{*l.pair}}, nil
		},
	}
}

func (l *lab) load(file string) {
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		fail(err)
	}
	l.mu.Lock()
	l.pair = &pair
	l.mu.Unlock()
}

// equip gives the inventory what the simulator leaves out.
func (l *lab) equip() {
	service := simulator.Map.Get(vim25.ServiceInstance).(*simulator.ServiceInstance)
	content := service.Content
	l.content = content
	perf := &counters{lab: l}
	perf.PerformanceManager = *simulator.Map.Get(*content.PerfManager).(*simulator.PerformanceManager)
	l.all = perf.PerfCounter
	simulator.Map.Put(perf)
	pages := &collector{}
	pages.Self = content.PropertyCollector
	theLab = l
	simulator.Map.Put(pages)
	started := time.Now().Add(-24 * time.Hour)
	for _, one := range simulator.Map.All("HostSystem") {
		equipHost(one.(*simulator.HostSystem), started)
	}
	for _, one := range simulator.Map.All("VirtualMachine") {
		vm := one.(*simulator.VirtualMachine)
		vm.GuestHeartbeatStatus = types.ManagedEntityStatusGreen
		vm.Guest.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
		vm.Guest.ToolsVersionStatus2 = string(types.VirtualMachineToolsVersionStatusGuestToolsCurrent)
	}
}

func equipHost(host *simulator.HostSystem, started time.Time) {
	yes, no := true, false
	host.Runtime.BootTime = &started
	host.Runtime.HealthSystemRuntime = &types.HealthSystemRuntime{
		SystemHealthInfo: &types.HostSystemHealthInfo{NumericSensorInfo: []types.HostNumericSensorInfo{
			sensor("Fan 1", "green", 4200, 0, "RPM"), sensor("CPU 1 Temp", "yellow", 8150, -2, "Degrees C"),
		}},
		HardwareStatusInfo: &types.HostHardwareStatusInfo{MemoryStatusInfo: []types.BaseHostHardwareElementInfo{
			&types.HostHardwareElementInfo{Name: "DIMM 3", Status: state("red")},
		}},
	}
	config := &types.HostConfigInfo{}
	if host.Config != nil {
		config = host.Config
	}
	config.AutoStart = &types.HostAutoStartManagerConfig{
		Defaults: &types.AutoStartDefaults{Enabled: &yes, StartDelay: 120, StopDelay: 120, WaitForHeartbeat: &no},
	}
	for place, guest := range host.Vm {
		config.AutoStart.PowerInfo = append(config.AutoStart.PowerInfo, types.AutoStartPowerInfo{
			Key: guest, StartOrder: int32(place + 1), StartDelay: -1, StopDelay: 60, StartAction: "powerOn",
			WaitForHeartbeat: types.AutoStartWaitHeartbeatSettingYes, StopAction: "guestShutdown",
		})
	}
	host.Config = config
}

func sensor(name, colour string, reading int64, modifier int32, unit string) types.HostNumericSensorInfo {
	return types.HostNumericSensorInfo{
		Name: name, HealthState: state(colour), CurrentReading: reading, UnitModifier: modifier,
		BaseUnits: unit, SensorType: "other",
	}
}

func state(colour string) *types.ElementDescription {
	return &types.ElementDescription{Key: colour, Description: types.Description{Label: colour, Summary: colour}}
}

// control takes settings (POST /set), ends sessions (POST /expire) and tells what was asked (GET /requests).
func (l *lab) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/set", func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		err := json.NewDecoder(r.Body).Decode(&l.now)
		file := l.now.Certificate
		l.mu.Unlock()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if file != "" {
			l.load(file)
		}
		l.apply()
	})
	mux.HandleFunc("/expire", func(http.ResponseWriter, *http.Request) {
		l.expire()
	})
	mux.HandleFunc("/requests", func(w http.ResponseWriter, _ *http.Request) {
		l.mu.Lock()
		_ = json.NewEncoder(w).Encode(l.requests)
		l.requests = map[string]int{}
		l.mu.Unlock()
	})
	return mux
}

func (l *lab) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for cookie := range l.alive {
		l.dead[cookie] = true
	}
}

// apply changes what is told by objects of the inventory.
func (l *lab) apply() {
	now := l.get()
	perf := simulator.Map.Get(*l.content.PerfManager).(*counters)
	simulator.Map.WithLock(perf, func() { perf.PerfCounter = without(l.all, now.Without) })
	if now.Licence != "" {
		licences := simulator.Map.Get(*l.content.LicenseManager).(*simulator.LicenseManager)
		simulator.Map.WithLock(licences, func() { licences.Licenses[0].EditionKey = now.Licence })
	}
}

func without(all []types.PerfCounterInfo, names []string) []types.PerfCounterInfo {
	var kept []types.PerfCounterInfo
	for _, one := range all {
		if !among(nameOf(one), names) {
			kept = append(kept, one)
		}
	}
	return kept
}

func among(name string, names []string) bool {
	for _, one := range names {
		if one == name {
			return true
		}
	}
	return false
}
