//! What the chain takes and what it refuses.

use super::{
    chain::{Inner, Left},
    names::ROUND_SHAPE,
};
use cloister_crypto::{
    field::{from_bytes, to_bytes},
    Fr,
};
use cloister_engine_testing::{GENESIS, GROUP};
use cloister_ledger::{Doors, HouseRecord, KeyRecord, RecordKind, Statement, UnitRecord};
use cloister_sequencer::chain::{InvalidBatch, RoundRejection, SettledBatch, SubmitRejection, UnderWay};
use cloister_settlement::{
    check_overdue, closed, lanes, no_sums, take, take_house, Batch, HouseRekey, HouseTaking, LeftOut, SolvencyKnown,
    SolvencySubmission, Taking, Terms,
};
use cloister_types::{AccountIndex, Amount, GroupId};

/// The kind of a record whose unit takes no open.
fn no_open(taking: &Taking) -> RecordKind {
    let request = taking.request.as_ref();
    request.map_or(RecordKind::Update, |request| request.record().unwrap())
}

impl Inner {
    /// What each unit takes from the queue, if it takes what is overdue (C-QUEUE).
    fn takings(&self, batch: &Batch) -> Result<(Vec<Taking>, HouseTaking<()>), SubmitRejection> {
        let time = self.tables[&batch.risk_version].header.time;
        let queue = || self.best.queue.iter().map(|(id, item)| (*id, item.clone()));
        let mut waiting = queue().collect();
        let takings = take(&mut waiting, batch.asks(), time).unwrap();
        let house = take_house(&mut waiting, batch.take_insurance.is_some(), time).unwrap();
        let claimed = Terms::claimed_units(self.best.view.queue_share, batch.units.len());
        let closed = closed(batch.leaves(), &takings);
        match check_overdue(lanes(queue()), &takings, &house, &closed, claimed, time) {
            Ok(()) => Ok((takings, house)),
            Err(LeftOut(_)) => Err(SubmitRejection::QueueOverdue),
        }
    }

    fn statement(&self, batch: &Batch, takings: &[Taking], doors: Doors) -> Statement {
        let field = |bytes: &[u8; 32]| from_bytes(bytes).unwrap();
        let units = batch
            .units
            .iter()
            .zip(takings)
            .map(|(u, taking)| UnitRecord {
                index: u.index,
                kind: taking.open.as_ref().map_or(no_open(taking), |keys| {
                    RecordKind::Open(KeyRecord {
                        x: field(&keys.pk_x),
                        y: field(&keys.pk_y),
                        view_commitment: field(&keys.view_commitment),
                    })
                }),
                deposit: taking.amount,
                withdrawal: u.withdrawal,
                new_leaf: field(&u.new_leaf),
                ciphertext: u.ciphertext.iter().map(field).collect(),
            })
            .collect();
        let mut house = [Fr::zero(); cloister_crypto::constants::HOUSE_RECORD];
        for (element, bytes) in house.iter_mut().zip(&batch.house_record) {
            *element = field(bytes);
        }
        Statement {
            genesis: GENESIS,
            group: GroupId(GROUP),
            batch_no: self.best.view.batch_no,
            time: batch.time,
            payee: batch.payee,
            salt: field(&batch.salt),
            old_root: field(&self.best.view.root),
            new_root: field(&batch.new_root),
            old_house: field(&self.best.view.house),
            new_house: field(&batch.new_house),
            risk_hash: self.tables[&batch.risk_version].hash(),
            sweep: batch.sweep,
            doors,
            insurance_out: batch.take_insurance.unwrap_or_default(),
            empty_mask: batch.empty_mask,
            units,
            house: HouseRecord { ciphertext: house },
        }
    }

    pub(super) fn submit(&mut self, batch: &Batch, now: u64) -> Result<u64, SubmitRejection> {
        self.submissions.push(batch.clone());
        let key = self.batch_keys.iter().find(|key| key.id == batch.key && key.active);
        let Some(key) = key else {
            return Err(SubmitRejection::Key);
        };
        assert_eq!(batch.units.len(), usize::from(key.shape.units));
        if let Some(refusal) = self.refusals.pop_front() {
            return Err(refusal);
        }
        if self
            .refused_once
            .take_if(|refused| *refused == batch.batch_no)
            .is_some()
        {
            return Err(SubmitRejection::WrongBatchNumber);
        }
        let view = &self.best.view;
        if !self.enabled {
            return Err(SubmitRejection::Disabled);
        }
        if batch.batch_no != view.batch_no {
            return Err(SubmitRejection::WrongBatchNumber);
        }
        if view.house_rekeys == 0 {
            return Err(SubmitRejection::House);
        }
        let version = batch.risk_version;
        if version < self.oldest_table || version < view.risk_version || !self.tables.contains_key(&version) {
            return Err(SubmitRejection::RiskTable);
        }
        if batch.time < view.time || batch.time < self.tables[&version].header.time {
            return Err(SubmitRejection::TimeTooOld);
        }
        let (takings, house) = self.takings(batch)?;
        let opens = |(_, taking): &(AccountIndex, &Taking)| taking.open.is_some();
        let newly = batch.accounts().zip(&takings).filter(opens);
        let newly: Vec<u32> = newly.map(|(index, _)| index.get()).collect();
        let known = |index: u32| self.best.opened.contains(&index) || newly.contains(&index);
        if !batch.units.iter().all(|u| known(u.index.get())) {
            return Err(SubmitRejection::Invalid(InvalidBatch::UnknownAccount));
        }
        if to_bytes(&self.statement(batch, &takings, house.doors()).hash()) != batch.proof[..32] {
            return Err(SubmitRejection::Invalid(InvalidBatch::Proof));
        }
        let ended = closed(batch.leaves(), &takings);
        let state = &mut self.best;
        state.opened.extend(newly);
        state.opened.retain(|index| !ended.contains(&AccountIndex(*index)));
        state.roots.push(Left {
            root: batch.new_root,
            house: batch.new_house,
            since: now,
        });
        for unit in batch.units.iter().filter(|u| u.withdrawal > Amount::ZERO) {
            *state.paid.entry(unit.index.get()).or_default() += unit.withdrawal.get();
        }
        let taken = takings.iter().flat_map(|t| &t.items).chain(&house.items);
        let taken: Vec<u64> = taken.map(|id| id.get()).collect();
        state.queue.retain(|item, _| !taken.contains(item));
        let first = state.queue.keys().next().copied();
        let view = &mut state.view;
        view.block += 1;
        view.batch_no += 1;
        view.root = batch.new_root;
        view.house = batch.new_house;
        view.time = batch.time;
        view.risk_version = version;
        view.queue_first = first.unwrap_or(view.queue_next);
        let block = view.block;
        state.settled.push(SettledBatch {
            batch: batch.clone(),
            block,
            takings,
        });
        state.sealed();
        if self.instant {
            self.finalized = self.best.clone();
        }
        Ok(block)
    }

    /// C-HOUSE.
    pub(super) fn rekey(&mut self, rekey: &HouseRekey) -> Result<u64, SubmitRejection> {
        if let Some(refusal) = self.refusals.pop_front() {
            return Err(refusal);
        }
        let Inner { best, seal_key, .. } = self;
        if rekey.old_house != best.view.house {
            return Err(SubmitRejection::House);
        }
        let kept = rekey.kept(best.view.batch_no, seal_key.unwrap());
        let statement = kept.statement(GENESIS, GroupId(GROUP), &best.view.house).unwrap();
        if to_bytes(&statement.hash()) != rekey.proof[..32] {
            return Err(SubmitRejection::Invalid(InvalidBatch::Proof));
        }
        best.rekeyed.push(kept);
        if let Some(newest) = best.roots.last_mut() {
            newest.house = rekey.new_house;
        }
        best.view.block += 1;
        best.view.house = rekey.new_house;
        best.view.house_rekeys += 1;
        best.sealed();
        if self.instant {
            self.finalized = self.best.clone();
        }
        Ok(self.best.view.block)
    }

    /// D-ROUND.
    pub(super) fn take_statement(&mut self, submission: &SolvencySubmission) -> Result<u64, SubmitRejection> {
        if let Some(refusal) = self.statement_refusals.pop_front() {
            return Err(refusal);
        }
        let table = self.tables[&submission.risk_version].clone();
        let time = table.header.time;
        let root = self.best.roots.get(submission.batch_no as usize);
        let root = root.ok_or(RoundRejection::RootUnknown)?;
        let next = self.best.roots.get(submission.batch_no as usize + 1);
        if next.is_some_and(|next| next.since <= time) {
            return Err(RoundRejection::RootReplaced.into());
        }
        let first = submission.first.get();
        let round = self.round.filter(|round| first >= round.cursor);
        let (cursor, end) = round.map_or((0, self.next_index), |round| (round.cursor, round.end));
        if !self.best.is_empty(cursor, first) {
            return Err(RoundRejection::AccountSkipped.into());
        }
        let last = self.best.is_empty(ROUND_SHAPE.next(submission.first).get(), end);
        if last != submission.findings.is_some() {
            return Err(RoundRejection::WrongOutcome.into());
        }
        let known = SolvencyKnown {
            genesis: GENESIS,
            group: GroupId(GROUP),
            shape: ROUND_SHAPE,
            root: root.root,
            house: root.house,
            risk_hash: to_bytes(&table.hash()),
            table_time: time,
            before: round.map_or_else(no_sums, |round| round.sums),
        };
        let statement = submission.statement(&known).unwrap();
        if submission.proof[..32] != to_bytes(&statement.hash()) {
            return Err(SubmitRejection::Invalid(InvalidBatch::Proof));
        }
        let next = UnderWay {
            cursor: statement.next.get(),
            end,
            sums: submission.after,
            oldest_table: round.map_or(time, |round| round.oldest_table.min(time)),
        };
        self.round = (!last).then_some(next);
        if last {
            self.counted = self.counted.max(Some(next.oldest_table));
        }
        self.statements.push(submission.clone());
        Ok(self.best.view.block)
    }
}
