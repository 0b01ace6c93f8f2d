//! Owns the rows of a query as they come, from threads of their own. Must not know: what was asked.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cancel::{Cancel, interrupted};
use crate::diagnosis::running;
use crate::error::{Error, Result};

/// Awaits what starts tasks, which are those of other threads then.
async fn within<T>(threads: &Runtime, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        let _within = threads.enter();
        work.as_mut().poll(context)
    })
    .await
}

/// The rows of a query as they come.
pub struct Answer {
    pub schema: SchemaRef,
    batches: mpsc::Receiver<Result<RecordBatch, DataFusionError>>,
    maker: JoinHandle<()>,
    /// Where they are made. A join may compute for minutes before it gives way: whoever waits is free to stop, and to ask for
    /// something else, while what was begun comes to its end.
    threads: Option<Runtime>,
    file: String,
    cancel: Cancel,
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

impl Answer {
    /// Starts a query, with all that it starts on its part, on threads of its own.
    pub(super) async fn of(
        schema: SchemaRef,
        start: impl Future<Output = Result<SendableRecordBatchStream>>,
        file: &str,
        cancel: &Cancel,
    ) -> Result<Self> {
        let threads = Builder::new_multi_thread().enable_all().build()?;
        match within(&threads, start).await {
            Ok(stream) => Ok(Self::start(schema, stream, threads, file, cancel)),
            Err(error) => {
                threads.shutdown_background();
                Err(error)
            }
        }
    }

    fn start(
        schema: SchemaRef,
        mut stream: SendableRecordBatchStream,
        threads: Runtime,
        file: &str,
        cancel: &Cancel,
    ) -> Self {
        let (send, batches) = mpsc::channel(1);
        let maker = threads.spawn(async move {
            while let Some(batch) = stream.next().await {
                if send.send(batch).await.is_err() {
                    return;
                }
            }
        });
        let (file, cancel, threads) = (file.to_owned(), cancel.clone(), Some(threads));
        Self { schema, batches, maker, threads, file, cancel }
    }

    /// The next rows; None at the end.
    ///
    /// # Errors
    /// What running the query meets; [`Kind::Interrupted`].
    pub async fn next(&mut self) -> Result<Option<RecordBatch>> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(interrupted()),
            batch = self.batches.recv() => {
                let Some(batch) = batch.transpose().map_err(|error| running(&error, &self.file))? else {
                    let ended = (&mut self.maker).await;
                    return ended.map(|()| None).map_err(|_| Error::unexpected("the engine failed while running a query"));
                };
                // A result may have rows and no column.
                let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let (schema, columns) = (self.schema.clone(), batch.columns().to_vec());
                let batch = RecordBatch::try_new_with_options(schema, columns, &rows);
                batch.map(Some).map_err(|_| Error::unexpected("rows are not as planned"))
            }
        }
    }
}
