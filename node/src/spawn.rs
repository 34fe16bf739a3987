//! Tasks of the transaction pool. Of these one waits on a thread of its own for as long as the pool is there: it does
//! not hear that the node stops, and ends with the pool. To the SDK that is the failure of an essential task.

use futures::{channel::oneshot, future::BoxFuture, FutureExt};
use polkadot_sdk::*;
use sc_service::{SpawnEssentialTaskHandle, SpawnTaskHandle, TaskManager};
use sp_core::traits::SpawnEssentialNamed;

/// Spawns tasks that a node needs. One that ends while the node runs ends the node, and one that ends with it does not
/// count.
#[derive(Clone)]
pub(crate) struct PoolSpawner {
    plain: SpawnTaskHandle,
    essential: SpawnEssentialTaskHandle,
}

impl PoolSpawner {
    /// Spawns tasks of the node.
    pub(crate) fn of(tasks: &TaskManager) -> Self {
        Self {
            plain: tasks.spawn_handle(),
            essential: tasks.spawn_essential_handle(),
        }
    }
}

impl SpawnEssentialNamed for PoolSpawner {
    fn spawn_essential_blocking(
        &self,
        name: &'static str,
        group: Option<&'static str>,
        future: BoxFuture<'static, ()>,
    ) {
        let (running, ended) = oneshot::channel::<()>();
        let task = async move {
            future.await;
            drop(running);
        };
        self.plain.spawn_blocking(name, group, task);
        // This one hears that the node stops, whatever thread the other is on. It ends as well if the other panics.
        let watch = async move {
            let _ = ended.await;
        };
        self.spawn_essential(name, group, watch.boxed());
    }

    fn spawn_essential(&self, name: &'static str, group: Option<&'static str>, future: BoxFuture<'static, ()>) {
        SpawnEssentialNamed::spawn_essential(&self.essential, name, group, future);
    }
}
