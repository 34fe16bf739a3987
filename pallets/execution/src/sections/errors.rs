//! Why a call is refused.

use polkadot_sdk::frame_support::pallet_macros::pallet_section;

/// Why a call is refused.
#[pallet_section]
mod errors {
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// The group exists already.
        GroupExists,
        /// No such group.
        UnknownGroup,
        /// The group takes no opens, deposits or batches.
        GroupDisabled,
        /// The group has no risk parameters.
        UnknownRiskGroup,
        /// The settlement asset must have 6 decimals.
        WrongDecimals,
        /// The vault must hold the asset's minimum balance before its group is made.
        VaultNotFunded,
        /// No verifying key has this id.
        UnknownKey,
        /// The activation delay of the verifying key has not passed.
        KeyNotActive,
        /// The verifying key is of another statement.
        WrongStatement,
        /// What is stored as verifying key is none.
        InvalidVerifyingKey,
        /// The sequencers have no sealing key yet.
        SealKeyMissing,
        /// The proof is not of this seal: other keys, ciphertext, owner, group, chain, or another sealing key than now.
        InvalidSealProof,
        /// The re-key is of another house than the group's: a batch or a re-key came between.
        HouseChanged,
        /// The house has the key of the genesis, which everybody knows; it must be re-keyed before the first batch.
        HouseNotKeyed,
        /// The owner has an account in the group.
        AccountAlreadyOpen,
        /// The owner has no account in the group.
        NoAccount,
        /// The trading key is not on the curve, not of prime order, or the identity.
        InvalidPublicKey,
        /// Below the smallest deposit.
        DepositTooSmall,
        /// The depositor does not have the amount.
        InsufficientBalance,
        /// More than one account may have deposited.
        UserCapExceeded,
        /// More than the vault may owe.
        VaultCapExceeded,
        /// The queue is full.
        QueueFull,
        /// The account has too many items in the queue.
        TooManyItems,
        /// The items of the account in the queue would be 2^64 or more together.
        QueuedSumTooLarge,
        /// As many payments into the insurance wait as may: the next batch takes those that are ready.
        TooManyInsurancePayments,
        /// A take of insurance waits; another one is queued after it was taken.
        InsuranceTakeWaits,
        /// A take of insurance must ask for something.
        InsuranceTakeOfNothing,
        /// The notice must be 1 to 120 seconds, the share 10 to 90 percent; the age of rounds 1 minute to 12 hours, and
        /// the time to a freeze from there to 24 hours.
        TermsOutOfBounds,
        /// All indices of the group are taken.
        TreeFull,
        /// The caller has no claim.
        NoClaim,
        /// The asset still refuses the payout.
        PayoutRefused,
        /// No solvency round is fresh, so nothing is paid.
        NoFreshRound,
        /// All that the claim has a right to was paid; more may be due after another round.
        NothingDue,
        /// The group is frozen.
        GroupFrozen,
        /// The group has no solvency terms.
        NoSolvencyTerms,
        /// The group has not waited for a round as long as its terms say.
        FreezeNotDue,
        /// No verifying key of solvency statements is active.
        NoSolvencyKey,
        /// As many groups have solvency terms as may.
        TooManyGatedGroups,
        /// The statement starts a round, and the signer is not its payee.
        NotPayee,
        /// No subtree begins at the first index.
        NotASubtree,
        /// The statement leaves out an index at which an account is open.
        AccountSkipped,
        /// The statement skips more blocks than it may.
        SkipTooLong,
        /// The last statement of a round must show its outcome, and the others must not.
        WrongOutcome,
        /// The batch never left a root, or its root is no longer among the newest.
        RootUnknown,
        /// The root was replaced before the time of the table.
        RootReplaced,
        /// The last statement of a round names an older root than another one of the round.
        RootOlderThanRound,
        /// A batch must be a transaction of its own: inside another call, nobody who reads the chain would find it.
        WrappedBatch,
        /// The signer may not submit batches of the group, or the payee solvency statements.
        NotSubmitter,
        /// Another sequencer leads now, and the first delay since the group's last batch has not passed.
        NotLeader,
        /// Not the group's next batch: submitted already, or out of order.
        WrongBatchNumber,
        /// The number of units is not that of the shape.
        WrongUnitCount,
        /// The number of elements in a record is not that of the shape.
        WrongCiphertextLength,
        /// The risk table never existed, or is no longer kept.
        RiskTableUnknown,
        /// The risk table is too old.
        RiskTableTooOld,
        /// A newer risk table was built, and the grace since then has passed.
        RiskTableReplaced,
        /// The last batch was made with a newer risk table.
        RiskVersionDecreased,
        /// The last batch has a later time.
        TimeDecreased,
        /// The batch time is before that of its risk table.
        TimeBeforeTable,
        /// The batch time is ahead of the chain's.
        TimeInFuture,
        /// The batch time is too far behind the chain's.
        TimeTooOld,
        /// The batch leaves an item that was overdue at its table, and has fewer units of overdue items than they may
        /// claim.
        QueueItemOverdue,
        /// A close of the account waits: nothing is queued behind it.
        CloseWaits,
        /// A request of the account waits: another one is queued after it was taken.
        RequestWaits,
        /// A forced withdrawal must ask for something.
        NothingAsked,
        /// A unit takes a request, and its account has none that is ready, or its open comes first; or the batch takes
        /// insurance, and no take of it is ready.
        NoRequest,
        /// A unit names an index without a consumed open, or the account that would exit has none.
        UnknownAccount,
        /// The group is not frozen.
        GroupNotFrozen,
        /// The final table of the group is fixed already.
        FinalTableFixed,
        /// The group has no final table yet.
        FinalTableMissing,
        /// Governance still has its time to choose the final table.
        FallbackNotDue,
        /// The account has exited: an index exits once.
        AlreadyExited,
        /// The ratio of the group is not fixed yet: in the first phase nothing is paid, and after it `settle_exits`
        /// comes before anything else.
        ExitsNotSettled,
        /// The ratio of the group is fixed already.
        ExitsSettled,
        /// The first phase of exits is not over.
        ExitsNotDue,
        /// What no claim has a right to stays for longer.
        RestNotDue,
        /// The queue has no such item.
        NoSuchItem,
        /// Nothing of the account has been overdue for long enough to be taken back, or a batch may still take it.
        TakeBackNotDue,
        /// The account takes nothing back.
        NothingTakenBack,
        /// The open of the account is being taken back; nothing can be queued behind it.
        OpenTakenBack,
        /// A submitted field element is not below the order of the field.
        NonCanonicalField,
        /// A point of the proof has wrong flags or a coordinate out of range.
        ProofMalformedEncoding,
        /// A point of the proof is not on the curve.
        ProofNotOnCurve,
        /// A point of the proof is not in the prime-order subgroup.
        ProofNotInSubgroup,
        /// A point of the proof is the identity.
        ProofPointAtInfinity,
        /// The proof is not of this statement.
        InvalidProof,
        /// The node lacks the runtime's curve operations.
        VerifierUnavailable,
        /// An amount or a counter left its range.
        ArithmeticOverflow,
        /// The period is not over.
        PeriodNotClosed,
        /// The fresh round shows a shortfall: what ranks behind traders waits.
        ShortfallFound,
        /// There is no batch to settle.
        NoBatches,
        /// A role of the asset is held by an account that governance has not declared.
        AssetRolesNotDeclared,
        /// The roles of the group's asset are not, or were not when it was reported, as governance has declared.
        CustodyChanged,
        /// That custody of the group's asset was lost is known.
        CustodyReported,
        /// The roles of the group's asset are as governance has declared.
        CustodyIntact,
    }
}
