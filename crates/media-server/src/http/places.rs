//! How many may be connected, and for how long.
use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::listen::source_of;

/// Connections at once; one more is closed.
pub const CONNECTIONS: usize = 128;
/// Connections of one address (IPv6: of one /64) at once; one more is closed.
pub const CONNECTIONS_PER_SOURCE: usize = 16;
/// A TLS handshake is done within this time, or the connection is closed.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// The request is there and its answer taken within this time after the handshake, or the connection is closed.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(10);
/// Octets of a request's head; a longer one gets `431`.
pub const LONGEST_HEAD: usize = 8_192;
/// Header fields of a request; more get `431`.
pub const MOST_HEADERS: usize = 32;

/// Who is connected.
#[derive(Default)]
pub struct Places {
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection's place; dropping it frees the place.
pub struct Place {
    places: Arc<Places>,
    source: IpAddr,
}

/// Why a connection was closed at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Full {
    /// [`CONNECTIONS`].
    Total,
    /// [`CONNECTIONS_PER_SOURCE`].
    PerSource,
}

impl Places {
    /// Takes a connection in.
    ///
    /// # Errors
    /// The bound at which it is closed. Each place is free again within the two deadlines.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let source = source_of(address);
        let mut taken = self.lock();
        if taken.values().sum::<usize>() >= CONNECTIONS {
            return Err(Full::Total);
        }
        let of_source = taken.entry(source).or_default();
        if *of_source >= CONNECTIONS_PER_SOURCE {
            return Err(Full::PerSource);
        }
        *of_source = of_source.saturating_add(1);
        Ok(Place { places: Arc::clone(self), source })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(count) = taken.get_mut(&self.source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.source);
            }
        }
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Total => write!(f, "{CONNECTIONS} connections at once"),
            Self::PerSource => {
                write!(f, "{CONNECTIONS_PER_SOURCE} connections of one address at once")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn seventeenth_connection_of_a_source_is_refused_until_one_ends() {
        let places = Arc::new(Places::default());
        let mut held: Vec<Place> = (0..16).map(|_| places.take(address("192.0.2.1")).ok().unwrap()).collect();

        assert_eq!(places.take(address("192.0.2.1")).err(), Some(Full::PerSource));
        assert_eq!(places.take(address("::ffff:192.0.2.1")).err(), Some(Full::PerSource));
        assert!(places.take(address("192.0.2.2")).is_ok());
        held.pop();
        assert!(places.take(address("192.0.2.1")).is_ok());
    }

    #[test]
    fn hundred_and_twenty_ninth_connection_is_refused_whatever_its_source() {
        let places = Arc::new(Places::default());
        let held: Vec<Place> =
            (0..128).map(|n| places.take(address(&format!("192.0.2.{n}"))).ok().unwrap()).collect();

        assert_eq!(places.take(address("198.51.100.1")).err(), Some(Full::Total));
        drop(held);
        assert!(places.take(address("198.51.100.1")).is_ok());
        assert!(places.lock().is_empty());
    }
}
