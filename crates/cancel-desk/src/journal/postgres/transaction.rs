//! One transaction on one connection, in as few round trips as it has steps that depend on each other.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::error::{ServerError, Stop};

/// How much longer than the server itself its answer is waited for.
const GRACE: Duration = Duration::from_secs(1);

/// A value for a statement.
pub(super) type Value = Box<dyn ToSql + Send + Sync>;

pub(super) fn value<T: ToSql + Send + Sync + 'static>(value: T) -> Value {
    Box::new(value)
}

/// A statement with its values.
pub(super) struct Step {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value>,
}

impl Step {
    pub(super) fn new(sql: &'static str, values: Vec<Value>) -> Self {
        Self { sql, values }
    }
}

/// The rows of each step.
pub(super) type Answers = Vec<Vec<Row>>;

type Pending<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, Error>> + Send + 'a>>;

/// A transaction. If it is dropped before its end, its connection is closed, and the server takes back what it did.
pub(super) struct Transaction {
    client: Option<Object>,
    limit: Duration,
    /// Something was begun and not ended.
    open: AtomicBool,
    committed: AtomicBool,
    /// The server did not answer in time: it is not asked again.
    silent: AtomicBool,
}

impl Transaction {
    /// On this connection; an answer is waited for no longer than `limit` and a little.
    pub(super) const fn new(client: Object, limit: Duration) -> Self {
        Self {
            client: Some(client),
            limit,
            open: AtomicBool::new(false),
            committed: AtomicBool::new(false),
            silent: AtomicBool::new(false),
        }
    }

    /// Begins it with these steps.
    pub(super) async fn begin(&self, steps: Vec<Step>) -> Result<Answers, Stop> {
        self.send(Some("BEGIN ISOLATION LEVEL READ COMMITTED"), steps, None, Stop::before_commit).await
    }

    /// Begins one that reads everything as of one moment.
    pub(super) async fn begin_reading(&self) -> Result<(), Stop> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.send(Some(begin), Vec::new(), None, Stop::before_commit).await.map(drop)
    }

    /// Goes on with these steps.
    pub(super) async fn go_on(&self, steps: Vec<Step>) -> Result<Answers, Stop> {
        self.send(None, steps, None, Stop::before_commit).await
    }

    /// Ends it with these steps. When one of them fails, the commit that follows it commits nothing.
    pub(super) async fn commit(&self, steps: Vec<Step>) -> Result<Answers, Stop> {
        let answers = self.send(None, steps, Some("COMMIT"), Stop::at_commit).await?;
        self.open.store(false, Ordering::SeqCst);
        self.committed.store(true, Ordering::SeqCst);
        Ok(answers)
    }

    /// Whether it wrote.
    pub(super) fn is_committed(&self) -> bool {
        self.committed.load(Ordering::SeqCst)
    }

    /// Takes back what is not committed, and lets go of every lock.
    pub(super) async fn roll_back(&self) {
        if !self.open.load(Ordering::SeqCst) || self.silent.load(Ordering::SeqCst) {
            return;
        }
        if let Some(client) = &self.client
            && matches!(timeout(self.limit, client.batch_execute("ROLLBACK")).await, Ok(Ok(())))
        {
            self.open.store(false, Ordering::SeqCst);
        }
    }

    /// Sends everything at once, in order; waits for the answers afterwards.
    async fn send(
        &self,
        first: Option<&'static str>,
        steps: Vec<Step>,
        last: Option<&'static str>,
        stop: fn(&Error) -> Stop,
    ) -> Result<Answers, Stop> {
        // the server gives up first, if it is alive
        let limit = self.limit.saturating_add(GRACE);
        match timeout(limit, self.send_now(first, steps, last, stop)).await {
            Ok(answers) => answers,
            Err(_) => {
                self.open.store(true, Ordering::SeqCst);
                self.silent.store(true, Ordering::SeqCst);
                Err(Stop::Journal(ServerError::new("the server does not answer in time").into()))
            }
        }
    }

    async fn send_now(
        &self,
        first: Option<&'static str>,
        steps: Vec<Step>,
        last: Option<&'static str>,
        stop: fn(&Error) -> Stop,
    ) -> Result<Answers, Stop> {
        let Some(client) = &self.client else {
            return Ok(Vec::new());
        };
        let mut ready = Vec::with_capacity(steps.len());
        for step in &steps {
            // known to the connection after the first time; nothing of this goes out together with a commit
            ready.push((client.prepare_cached(step.sql).await.map_err(|e| Stop::before_commit(&e))?, step));
        }
        let plain = |sql: Option<&'static str>| {
            sql.map(|sql| -> Pending<'_> {
                Box::pin(async move { client.batch_execute(sql).await.map(|()| Vec::new()) })
            })
        };
        let statements = ready.into_iter().map(|(statement, step)| -> Pending<'_> {
            Box::pin(async move {
                let values: Vec<&(dyn ToSql + Sync)> = step.values.iter().map(borrowed).collect();
                client.query(&statement, &values).await
            })
        });
        if first.is_some() {
            self.open.store(true, Ordering::SeqCst);
        }
        let pending = plain(first).into_iter().chain(statements).chain(plain(last)).collect();
        let mut answers = in_order(pending).await.map_err(|error| stop(&error))?;
        if first.is_some() {
            answers.remove(0);
        }
        answers.truncate(steps.len());
        Ok(answers)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.open.load(Ordering::SeqCst)
            && let Some(client) = self.client.take()
        {
            // whatever is still on its way, this connection is not used again
            drop(Object::take(client));
        }
    }
}

fn borrowed(value: &Value) -> &(dyn ToSql + Sync) {
    &**value
}

/// Starts all of them in their order, so that they are sent in it, and gives their answers. What cannot even be sent
/// stops those after it: no commit goes out behind a gap.
async fn in_order(pending: Vec<Pending<'_>>) -> Result<Answers, Error> {
    let mut started: Vec<_> = pending.into_iter().map(|future| (future, None)).collect();
    poll_fn(|context| {
        for (future, answer) in &mut started {
            if let Poll::Ready(ready) = future.as_mut().poll(context) {
                let failed = ready.is_err();
                *answer = Some(ready);
                if failed {
                    break;
                }
            }
        }
        Poll::Ready(())
    })
    .await;
    let mut answers = Vec::with_capacity(started.len());
    for (future, answer) in started {
        answers.push(match answer {
            Some(answer) => answer?,
            None => future.await?,
        });
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[tokio::test]
    async fn nothing_is_sent_behind_what_cannot_be() {
        let sent = AtomicUsize::new(0);
        let fine = || -> Pending<'_> {
            Box::pin(async {
                sent.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok(Vec::new())
            })
        };
        let broken = || -> Pending<'_> { Box::pin(async { Err(Error::__private_api_timeout()) }) };
        assert!(in_order(vec![fine(), broken(), fine()]).await.is_err());
        assert_eq!(sent.load(Ordering::SeqCst), 1);
        assert_eq!(in_order(vec![fine(), fine()]).await.unwrap().len(), 2);
        assert_eq!(sent.load(Ordering::SeqCst), 3);
    }
}
