//! Parts that the server cannot do without: a panic in one of them ends it, after what was recorded is on disk
//! (architecture, invariant 7).
use tokio::{sync::mpsc, task::JoinHandle};

/// Raised by a part that has failed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Alarm(mpsc::Sender<&'static str>);

/// Hears the first alarm.
#[derive(Debug)]
pub struct Faults(mpsc::Receiver<&'static str>);

/// Raises the alarm if it is dropped by a panic.
#[derive(Debug)]
pub struct Watched {
    alarm: Alarm,
    part: &'static str,
}

/// An alarm and its hearer.
pub fn alarm() -> (Alarm, Faults) {
    // One is enough: the first alarm ends the server.
    let (raise, hear) = mpsc::channel(1);
    (Alarm(raise), Faults(hear))
}

impl Alarm {
    /// Watches over the thread or task that holds the value.
    #[must_use]
    pub fn watch(&self, part: &'static str) -> Watched {
        Watched { alarm: self.clone(), part }
    }

    /// Runs a task that raises the alarm if it panics.
    pub fn spawn(
        &self,
        part: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let watched = self.watch(part);
        tokio::spawn(async move {
            let _watched = watched;
            task.await;
        })
    }

    /// This part has failed.
    pub fn raise(&self, part: &'static str) {
        // Full: another part was first.
        let _ = self.0.try_send(part);
    }
}

impl Faults {
    /// Which part failed first; never, as long as all work.
    pub async fn first(&mut self) -> &'static str {
        match self.0.recv().await {
            Some(part) => part,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.alarm.raise(self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn task_that_panics_raises_the_alarm_and_one_that_ends_does_not() {
        let (alarm, mut faults) = alarm();

        alarm.spawn("quiet", tokio::task::yield_now()).await.unwrap();
        let panicked = alarm.spawn("loud", async {
            tokio::task::yield_now().await;
            panic!("provoked by the test");
        });

        assert!(panicked.await.is_err());
        assert_eq!(faults.first().await, "loud");
    }
}
