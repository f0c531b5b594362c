//! The address of a server, or the directory in its place.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::{Host, Url};

/// Where `--url` points.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    Api(Url),
    Spool(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("file:") {
            return spool_target(path);
        }
        let url = Url::parse(text).map_err(|error| {
            format!("{error}; an API is written https://HOST, a spool directory file:DIR")
        })?;
        api_target(url).map(Self::Api)
    }
}

/// Reads `DIR`, `/DIR` or the `///DIR` of a URL in full.
fn spool_target(path: &str) -> Result<Target, String> {
    let path = path.strip_prefix("//localhost").or(path.strip_prefix("//")).unwrap_or(path);
    if path.is_empty() {
        return Err("a spool directory is written file:DIR".to_owned());
    }
    Ok(Target::Spool(PathBuf::from(path)))
}

/// Brings `https://host`, `https://host/` and `https://host/v1/` to one form.
fn api_target(mut url: Url) -> Result<Url, String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{}` is none of https, http and file", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "a user or password has no place in it; the key goes to --api-key-file".to_owned()
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an API's URL has no query and no fragment".to_owned());
    }
    let path = url.path().trim_end_matches('/');
    let base = path.strip_suffix("/v1").unwrap_or(path).to_owned();
    url.set_path(&base);
    Ok(url)
}

impl Target {
    /// The form in which it is noted: a relative directory would mean another one elsewhere.
    ///
    /// # Errors
    /// A current directory that is gone.
    pub fn absolute(&self) -> std::io::Result<Self> {
        match self {
            Self::Api(url) => Ok(Self::Api(url.clone())),
            // One directory has one name, also where it is reached through `..` or a link.
            Self::Spool(path) => {
                let name = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
                Ok(Self::Spool(name?))
            }
        }
    }

    /// Tells whether what is sent there can be read on the way.
    pub fn is_exposed(&self) -> bool {
        match self {
            Self::Spool(_) => false,
            Self::Api(url) => url.scheme() == "http" && !is_loopback(url),
        }
    }
}

/// Tells whether a server is on this machine: what goes there never leaves it.
pub fn is_loopback(server: &Url) -> bool {
    match server.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(url) => f.write_str(url.as_str().trim_end_matches('/')),
            Self::Spool(path) => write!(f, "file:{}", path.display()),
        }
    }
}
