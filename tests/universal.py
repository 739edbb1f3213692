"""Is a lock for many environments sound? An independent check with the `packaging` library.

For every environment of `--universal` (five platforms, each CPython minor from the lower bound to 3.14) the
lock is cut down by its markers, and then: one version for a name, every requirement met that holds there,
Requires-Python (its lower bound) met; for X.Y.0 also nothing that nobody requires. For later patch releases
(some, and those next to every patch release that a requirement names) nothing may be missing.
"""
import re

try:
    from packaging.markers import Marker
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version
except ImportError:
    from pip._vendor.packaging.markers import Marker
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
    from pip._vendor.packaging.specifiers import SpecifierSet
    from pip._vendor.packaging.version import Version

NEWEST = 14
PLATFORMS = [
    # sys_platform, platform_machine, os_name, platform_system
    ("linux", "x86_64", "posix", "Linux"),
    ("linux", "aarch64", "posix", "Linux"),
    ("darwin", "arm64", "posix", "Darwin"),
    ("darwin", "x86_64", "posix", "Darwin"),
    ("win32", "AMD64", "nt", "Windows"),
]
SOME_PATCHES = (1, 7, 20)


def norm(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def environment(platform, minor, patch):
    sys_platform, machine, os_name, system = platform
    full = f"3.{minor}.{patch}"
    return {
        "os_name": os_name, "sys_platform": sys_platform, "platform_machine": machine,
        "platform_system": system, "platform_release": "", "platform_version": "",
        "python_version": f"3.{minor}", "python_full_version": full,
        "implementation_name": "cpython", "implementation_version": full,
        "platform_python_implementation": "CPython", "extra": "",
    }


class Markers:
    """Marker evaluation, remembered by text: thousands of times the same few."""

    def __init__(self):
        self.markers, self.requirements = {}, {}

    def holds(self, marker, where, extras=()):
        if not marker:
            return True
        if marker not in self.markers:
            self.markers[marker] = Marker(marker)
        return any(self.markers[marker].evaluate({**where, "extra": extra})
                   for extra in {"", *extras})

    def requirement(self, text):
        if text not in self.requirements:
            self.requirements[text] = Requirement(text)
        return self.requirements[text]


def lower_bound_fits(requires_python, full):
    for clause in SpecifierSet(requires_python or ""):
        version = clause.version.removesuffix(".*")
        if clause.operator in (">=", "==", "~=", "===") and Version(full) < Version(version):
            return False
        if clause.operator == ">" and not Version(full) > Version(version):
            return False
    return True


def pythons(requires_python):
    """(minor, first patch) of each CPython 3 that the specifier contains."""
    wanted = SpecifierSet(requires_python)
    for minor in range(NEWEST + 1):
        patch = next((p for p in range(100) if wanted.contains(f"3.{minor}.{p}")), None)
        if patch is not None:
            yield minor, patch


def patches_named(texts, minor):
    found = set()
    for text in texts:
        for match in re.finditer(rf"\b3\.{minor}\.(\d+)", text):
            found |= {int(match[1]), int(match[1]) + 1}
    return found


class Check:
    """world(name, version) -> (requirement texts, requires_python) or None."""

    def __init__(self, packages, roots, world):
        self.packages, self.roots, self.world = packages, roots, world
        self.markers = Markers()
        self.faults = []

    def fault(self, where, text):
        self.faults.append(f"{where['sys_platform']} {where['platform_machine']} "
                           f"{where['python_full_version']}: {text}")

    def installed(self, where):
        found = {}
        for package in self.packages:
            if not self.markers.holds(package.get("marker"), where):
                continue
            if package["name"] in found:
                self.fault(where, f"{package['name']} is there twice")
            found[package["name"]] = package["version"]
        return found

    def requirements_of(self, name, version, where):
        release = self.world(name, version)
        if release is None:
            self.fault(where, f"{name} {version} is no release")
            return []
        requires, requires_python = release
        if not lower_bound_fits(requires_python, where["python_full_version"]):
            self.fault(where, f"{name} {version} needs Python {requires_python}")
        return requires

    def one(self, where, exact):
        installed = self.installed(where)
        extras, reached, todo = {}, set(), []

        def ask(who, text, active):
            try:
                requirement = self.markers.requirement(text)
            except InvalidRequirement:
                self.fault(where, f"{who} requires {text!r}, which cannot be read")
                return
            if not self.markers.holds(str(requirement.marker or ""), where, active):
                return
            name = norm(requirement.name)
            if name not in installed:
                self.fault(where, f"{who} requires {text}, which is not locked")
                return
            if not requirement.specifier.contains(installed[name], prereleases=True):
                self.fault(where, f"{who} requires {text}, locked is {installed[name]}")
            wanted = extras.setdefault(name, set())
            more = {norm(e) for e in requirement.extras} - wanted
            if more or name not in reached:
                reached.add(name)
                wanted |= more
                todo.append(name)

        for text in self.roots:
            ask("the user", text, ())
        while todo:
            name = todo.pop()
            for text in self.requirements_of(name, installed[name], where):
                ask(f"{name} {installed[name]}", text, extras[name])
        if exact:
            for name in installed.keys() - reached:
                self.fault(where, f"nobody requires {name}")

    def all(self, requires_python):
        texts = list(self.roots)
        for package in self.packages:
            texts += (self.world(package["name"], package["version"]) or [[]])[0]
        for minor, first in pythons(requires_python):
            later = {first, *SOME_PATCHES} | patches_named(texts, minor)
            for platform in PLATFORMS:
                for patch in sorted(p for p in later if p >= first):
                    self.one(environment(platform, minor, patch), exact=patch == first)
        return self.faults


def faults(packages, roots, world, requires_python):
    """What is wrong with a lock; [] when it is sound. packages: {name, version, marker}."""
    return Check(packages, roots, world).all(requires_python)
