"""What limits a guest's CPU, as libvirt has it and as its control groups have it. Pure."""

from tenmatsu.parse.libvirt_domain import Domain, Quota
from tenmatsu.reach.guest_processes import GuestProcess


def find_limit(domain: Domain, process: GuestProcess | None) -> float | None:
    """Return the most cores that all vCPUs together may use; None without a limit."""
    vcpu = _vcpu_quota(domain, process)
    limits = [vcpu.cores * domain.vcpus] if vcpu and not domain.container else []
    limits += [quota.cores for quota in _whole_quotas(domain, process)]
    return min(limits) if limits else None


def describe_limit(domain: Domain, process: GuestProcess | None) -> str:
    """Return all limits in libvirt's words; empty where there is none."""
    vcpu = _vcpu_quota(domain, process)
    named: list[tuple[str, Quota | None]] = [("a vCPU", None if domain.container else vcpu)]
    named += [("in all", quota) for quota in _whole_quotas(domain, process)[:1]]
    named += [("for the emulator", domain.emulator_quota), ("an I/O thread", domain.iothread_quota)]
    return ", ".join(f"quota {q.quota_us}/{q.period_us} µs {what}" for what, q in named if q is not None)


def _vcpu_quota(domain: Domain, process: GuestProcess | None) -> Quota | None:
    """Return the limit of a vCPU: the control group's where it can be seen, for it is what acts."""
    return process.vcpu_quota if process and process.vcpus else domain.vcpu_quota


def _whole_quotas(domain: Domain, process: GuestProcess | None) -> list[Quota]:
    """Return the limits of the whole guest, the narrowest first. A container has but one, its vCPUs'."""
    if process and process.groups:
        found: list[Quota | None] = list(process.whole_quotas)
    else:
        found = [domain.vcpu_quota if domain.container else domain.global_quota]
    return sorted((quota for quota in found if quota), key=lambda quota: quota.cores)
