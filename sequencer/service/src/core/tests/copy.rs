//! The copy of the state that is read is the state (Q-READ).

use super::{step, World};
use crate::{
    core::{record::Record, Input, Step, Tick},
    feed::Inbox,
    follower::Follower,
};
use proptest::prelude::*;
use std::sync::Arc;

/// Has a copy follow the core of a world.
fn follower(world: &mut World) -> (Arc<Follower>, Inbox) {
    let (follower, news) = (Arc::<Follower>::default(), Inbox::default());
    let copy = world.core.copied().unwrap();
    let next = world.core.next_record();
    let steps = follower.start(copy, next, news.clone()).unwrap();
    world.core.lead(steps);
    (follower, news)
}

fn catch_up(follower: &Follower) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(follower.caught_up());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was taken in whatever order, and wherever the copy began: it is the state, and a snapshot that is made
    /// of it leads to the state.
    #[test]
    fn the_copy_should_be_the_state_that_is(
        before in prop::collection::vec(step(), 0..20),
        after in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new();
        for step in &before {
            world.step(step);
        }
        let (follower, _) = follower(&mut world);
        for step in &after {
            world.step(step);
        }
        catch_up(&follower);
        let (next, digest) = world.core.digest().unwrap();
        let (seen, seen_next) = follower.read_before(|state| state.digest()).unwrap();
        prop_assert_eq!((seen_next, seen), (next, digest));
        let is_same = follower.read(|state| {
            (state.batcher.settled() == world.core.batcher.settled(), state.batcher.head() == world.core.batcher.head())
        });
        prop_assert_eq!(is_same, Some((true, true)));

        let (bytes, before) = follower.read_before(|state| state.encoded()).unwrap();
        world.core.keep_snapshot(before, bytes);
        prop_assert_eq!(world.replayed().digest(), digest);
    }
}

#[test]
fn a_copy_that_parts_from_the_core_should_answer_nobody() {
    let mut world = World::new();
    let (follower, _) = follower(&mut world);
    assert!(follower.read(|_| ()).is_some());
    let now = world.now;
    let record = Record {
        at: now,
        input: Input::from(Tick { idle: true }),
        secrets: Vec::new(),
        // A tick is promised to nobody.
        receipt: Some([7; 32]),
    };
    world.core.send(Step::Taken {
        record: Box::new(record),
        verified: None,
        next: 1,
    });
    catch_up(&follower);
    assert!(follower.read(|_| ()).is_none());
}
