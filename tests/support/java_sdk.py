"""Intuit's Java SDK, compiled once from a checkout with Debian's libraries: it is in none of the available
registries."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.clients import checkout, no_checkout, prepared

CLASSES = Path(sys.prefix) / "java-sdk"
"""The folder of the compiled classes."""
_PACKAGES = {
    "libbyte-buddy-java": "byte-buddy",
    "libcommons-configuration-java": "commons-configuration commons-lang commons-logging commons-collections3",
    "libcommons-io-java": "commons-codec commons-io",
    "libfastinfoset-java": "FastInfoset",
    "libgoogle-gson-java": "gson",
    "libhttpclient-java": "httpclient httpcore",
    "libjackson2-databind-java": "jackson-annotations jackson-core jackson-databind",
    "libjackson2-jaxrs-providers-java": "jackson-jaxrs-base jackson-jaxrs-json-provider",
    "libjackson2-module-jaxb-annotations-java": "jackson-module-jaxb-annotations",
    "libjaxb-java": "jaxb-api jaxb-runtime istack-commons-runtime stax-ex txw2",
    "libjoda-time-java": "joda-time",
    "libmail-java": "javax.mail javax.activation",
    "libslf4j-java": "slf4j-api slf4j-nop",
}
"""Debian packages, and their files in /usr/share/java that the SDK needs."""
_JARS = [Path("/usr/share/java") / f"{name}.jar" for names in _PACKAGES.values() for name in names.split()]
_OF_JAXB2 = "package org.jvnet.jaxb2_commons.{};\nimport org.jvnet.jaxb2_commons.locator.ObjectLocator;\n"
_LENT = {
    "locator/ObjectLocator": "interface ObjectLocator {}",
    "locator.util/LocatorUtils": """class LocatorUtils {
        public static ObjectLocator property(ObjectLocator a, String b, Object c) { return null; }
    }""",
    "lang/Equals2": "interface Equals2 {}",
    "lang/HashCode2": "interface HashCode2 {}",
    "lang/EqualsStrategy2": """interface EqualsStrategy2 {
        boolean equals(ObjectLocator a, ObjectLocator b, Object c, Object d, boolean e, boolean f);
    }""",
    "lang/HashCodeStrategy2": """interface HashCodeStrategy2 {
        int hashCode(ObjectLocator a, int b, Object c, boolean d);
    }""",
    "lang/JAXBEqualsStrategy": """class JAXBEqualsStrategy {
        public static final EqualsStrategy2 INSTANCE = (a, b, one, other, d, e) -> java.util.Objects.equals(one, other);
    }""",
    "lang/JAXBHashCodeStrategy": """class JAXBHashCodeStrategy {
        public static final HashCodeStrategy2 INSTANCE = (a, code, value, d) -> java.util.Objects.hash(code, value);
    }""",
}
"""The parts of jaxb2-basics in the SDK's classes for `equals` and `hashCode`; Debian does not have it."""
_OAUTH_1 = "OAuthAuthorizer.java"


def classpath() -> str:
    """The class path for `java -cp`."""
    return ":".join(map(str, (CLASSES, *_JARS)))


def java_sdk_lacks() -> str:
    """Why the SDK cannot run; empty if it can. Compiles it if necessary."""
    if not shutil.which("javac"):
        return "javac is not installed (Debian: apt-get install default-jdk-headless)"
    source = checkout("QUICKBOOKS_JAVA_SDK")
    missing = no_checkout("QUICKBOOKS_JAVA_SDK")
    if missing or all(each.is_file() for each in _JARS):
        return missing or prepared(CLASSES, _version(source), lambda folder: _compiled(source, folder))
    return f"its libraries are not installed (Debian: apt-get install {' '.join(_PACKAGES)})"


def _version(source: Path) -> str:
    return (source / "pom.xml").read_text(encoding="utf-8")


def _compiled(source: Path, folder: Path) -> str:
    lent = folder / "lent"
    for name, text in _LENT.items():
        package, _, simple = name.partition("/")
        path = lent / package / f"{simple}.java"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{_OF_JAXB2.format(package)}public {text}\n", encoding="utf-8")
    modules = (source / "ipp-v3-java-data/src/main/java", source / "ipp-v3-java-devkit/src/main/java", lent)
    files = [str(path) for folder in modules for path in folder.rglob("*.java") if path.name != _OAUTH_1]
    shutil.copytree(source / "ipp-v3-java-devkit/src/main/resources", folder, dirs_exist_ok=True)
    command = ["javac", "-nowarn", "-encoding", "UTF-8", "-d", str(folder), "-cp", classpath(), *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return f"javac cannot compile it: {done.stderr[-300:]}" if done.returncode else ""
