//! Why a call is refused.

use polkadot_sdk::frame_support::pallet_macros::pallet_section;

/// Why a call is refused.
#[pallet_section]
mod errors {
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// The group exists already.
        #[codec(index = 0)]
        GroupExists,
        /// No such group.
        #[codec(index = 1)]
        UnknownGroup,
        /// The group takes no opens, deposits or batches.
        #[codec(index = 2)]
        GroupDisabled,
        /// The group has no risk parameters.
        #[codec(index = 3)]
        UnknownRiskGroup,
        /// The settlement asset must have 6 decimals.
        #[codec(index = 4)]
        WrongDecimals,
        /// The vault must hold the asset's minimum balance before its group is made.
        #[codec(index = 5)]
        VaultNotFunded,
        /// No verifying key has this id.
        #[codec(index = 8)]
        UnknownKey,
        /// The activation delay of the verifying key has not passed.
        #[codec(index = 9)]
        KeyNotActive,
        /// The verifying key is of another statement.
        #[codec(index = 10)]
        WrongStatement,
        /// What is stored as verifying key is none.
        #[codec(index = 12)]
        InvalidVerifyingKey,
        /// The sequencers have no sealing key yet.
        #[codec(index = 15)]
        SealKeyMissing,
        /// The proof is not of this seal: other keys, ciphertext, owner, group, chain, or another sealing key than now.
        #[codec(index = 16)]
        InvalidSealProof,
        /// The re-key is of another house than the group's: a batch or a re-key came between.
        #[codec(index = 17)]
        HouseChanged,
        /// The house has the key of the genesis, which everybody knows; it must be re-keyed before the first batch.
        #[codec(index = 18)]
        HouseNotKeyed,
        /// The owner has an account in the group.
        #[codec(index = 19)]
        AccountAlreadyOpen,
        /// The owner has no account in the group.
        #[codec(index = 20)]
        NoAccount,
        /// The trading key is not on the curve, not of prime order, or the identity.
        #[codec(index = 21)]
        InvalidPublicKey,
        /// Below the smallest deposit.
        #[codec(index = 22)]
        DepositTooSmall,
        /// The depositor does not have the amount.
        #[codec(index = 23)]
        InsufficientBalance,
        /// More than one account may have deposited.
        #[codec(index = 24)]
        UserCapExceeded,
        /// More than the vault may owe.
        #[codec(index = 25)]
        VaultCapExceeded,
        /// The queue is full.
        #[codec(index = 26)]
        QueueFull,
        /// The account has too many items in the queue.
        #[codec(index = 27)]
        TooManyItems,
        /// The items of the account in the queue would be 2^64 or more together.
        #[codec(index = 28)]
        QueuedSumTooLarge,
        /// As many payments into the insurance wait as may: the next batch takes those that are ready.
        #[codec(index = 29)]
        TooManyInsurancePayments,
        /// A take of insurance waits; another one is queued after it was taken.
        #[codec(index = 30)]
        InsuranceTakeWaits,
        /// A take of insurance must ask for something.
        #[codec(index = 31)]
        InsuranceTakeOfNothing,
        /// The notice must be 1 to 120 seconds, the share 10 to 90 percent; the age of rounds 1 minute to 12 hours, and
        /// the time to a freeze from there to 24 hours.
        #[codec(index = 32)]
        TermsOutOfBounds,
        /// All indices of the group are taken.
        #[codec(index = 33)]
        TreeFull,
        /// The caller has no claim.
        #[codec(index = 34)]
        NoClaim,
        /// The asset still refuses the payout.
        #[codec(index = 35)]
        PayoutRefused,
        /// No solvency round is fresh, so nothing is paid.
        #[codec(index = 36)]
        NoFreshRound,
        /// All that the claim has a right to was paid; more may be due after another round.
        #[codec(index = 37)]
        NothingDue,
        /// The group is frozen.
        #[codec(index = 38)]
        GroupFrozen,
        /// The group has no solvency terms.
        #[codec(index = 39)]
        NoSolvencyTerms,
        /// The group has not waited for a round as long as its terms say.
        #[codec(index = 40)]
        FreezeNotDue,
        /// No verifying key of solvency statements is active.
        #[codec(index = 41)]
        NoSolvencyKey,
        /// As many groups have solvency terms as may.
        #[codec(index = 42)]
        TooManyGatedGroups,
        /// The statement starts a round, and the signer is not its payee.
        #[codec(index = 43)]
        NotPayee,
        /// No subtree begins at the first index.
        #[codec(index = 44)]
        NotASubtree,
        /// The statement leaves out an index at which an account is open.
        #[codec(index = 45)]
        AccountSkipped,
        /// The statement skips more blocks than it may.
        #[codec(index = 46)]
        SkipTooLong,
        /// The last statement of a round must show its outcome, and the others must not.
        #[codec(index = 47)]
        WrongOutcome,
        /// The batch never left a root, or its root is no longer among the newest.
        #[codec(index = 48)]
        RootUnknown,
        /// The root was replaced before the time of the table.
        #[codec(index = 49)]
        RootReplaced,
        /// The last statement of a round names an older root than another one of the round.
        #[codec(index = 50)]
        RootOlderThanRound,
        /// A batch must be a transaction of its own: inside another call, nobody who reads the chain would find it.
        #[codec(index = 51)]
        WrappedBatch,
        /// The signer may not submit batches of the group, or the payee solvency statements.
        #[codec(index = 52)]
        NotSubmitter,
        /// Another sequencer leads now, and the first delay since the group's last batch has not passed.
        #[codec(index = 99)]
        NotLeader,
        /// The signer has not bonded what the group asks of its sequencers.
        #[codec(index = 119)]
        NotBonded,
        /// Not the group's next batch: submitted already, or out of order.
        #[codec(index = 53)]
        WrongBatchNumber,
        /// The number of units is not that of the shape.
        #[codec(index = 54)]
        WrongUnitCount,
        /// The number of elements in a record is not that of the shape.
        #[codec(index = 55)]
        WrongCiphertextLength,
        /// The risk table never existed, or is no longer kept.
        #[codec(index = 56)]
        RiskTableUnknown,
        /// The risk table is too old.
        #[codec(index = 57)]
        RiskTableTooOld,
        /// A newer risk table was built, and the grace since then has passed.
        #[codec(index = 58)]
        RiskTableReplaced,
        /// The last batch was made with a newer risk table.
        #[codec(index = 59)]
        RiskVersionDecreased,
        /// The last batch has a later time.
        #[codec(index = 60)]
        TimeDecreased,
        /// The batch time is before that of its risk table.
        #[codec(index = 61)]
        TimeBeforeTable,
        /// The batch time is ahead of the chain's.
        #[codec(index = 62)]
        TimeInFuture,
        /// The batch time is too far behind the chain's.
        #[codec(index = 63)]
        TimeTooOld,
        /// The batch leaves an item that was overdue at its table, and has fewer units of overdue items than they may
        /// claim.
        #[codec(index = 64)]
        QueueItemOverdue,
        /// A close of the account waits: nothing is queued behind it.
        #[codec(index = 65)]
        CloseWaits,
        /// A request of the account waits: another one is queued after it was taken.
        #[codec(index = 66)]
        RequestWaits,
        /// A forced withdrawal must ask for something.
        #[codec(index = 67)]
        NothingAsked,
        /// A unit takes a request, and its account has none that is ready, or its open comes first; or the batch takes
        /// insurance, and no take of it is ready.
        #[codec(index = 68)]
        NoRequest,
        /// A unit names an index without a consumed open, or the account that would exit has none.
        #[codec(index = 69)]
        UnknownAccount,
        /// The group is not frozen.
        #[codec(index = 70)]
        GroupNotFrozen,
        /// The final table of the group is fixed already.
        #[codec(index = 71)]
        FinalTableFixed,
        /// The group has no final table yet.
        #[codec(index = 72)]
        FinalTableMissing,
        /// Governance still has its time to choose the final table.
        #[codec(index = 73)]
        FallbackNotDue,
        /// The account has exited: an index exits once.
        #[codec(index = 74)]
        AlreadyExited,
        /// The ratio of the group is not fixed yet: in the first phase nothing is paid, and after it `settle_exits`
        /// comes before anything else.
        #[codec(index = 75)]
        ExitsNotSettled,
        /// The ratio of the group is fixed already.
        #[codec(index = 76)]
        ExitsSettled,
        /// The first phase of exits is not over.
        #[codec(index = 77)]
        ExitsNotDue,
        /// What no claim has a right to stays for longer.
        #[codec(index = 78)]
        RestNotDue,
        /// The queue has no such item.
        #[codec(index = 79)]
        NoSuchItem,
        /// Nothing of the account has been overdue for long enough to be taken back, or a batch may still take it.
        #[codec(index = 80)]
        TakeBackNotDue,
        /// The account takes nothing back.
        #[codec(index = 81)]
        NothingTakenBack,
        /// The open of the account is being taken back; nothing can be queued behind it.
        #[codec(index = 82)]
        OpenTakenBack,
        /// A submitted field element is not below the order of the field.
        #[codec(index = 84)]
        NonCanonicalField,
        /// A point of the proof has wrong flags or a coordinate out of range.
        #[codec(index = 85)]
        ProofMalformedEncoding,
        /// A point of the proof is not on the curve.
        #[codec(index = 86)]
        ProofNotOnCurve,
        /// A point of the proof is not in the prime-order subgroup.
        #[codec(index = 87)]
        ProofNotInSubgroup,
        /// A point of the proof is the identity.
        #[codec(index = 88)]
        ProofPointAtInfinity,
        /// The proof is not of this statement.
        #[codec(index = 89)]
        InvalidProof,
        /// The node lacks the runtime's curve operations.
        #[codec(index = 90)]
        VerifierUnavailable,
        /// An amount or a counter left its range.
        #[codec(index = 91)]
        ArithmeticOverflow,
        /// The period is not over.
        #[codec(index = 92)]
        PeriodNotClosed,
        /// The fresh round shows a shortfall: what ranks behind traders waits.
        #[codec(index = 93)]
        ShortfallFound,
        /// There is no batch to settle.
        #[codec(index = 94)]
        NoBatches,
        /// A role of the asset is held by an account that governance has not declared.
        #[codec(index = 95)]
        AssetRolesNotDeclared,
        /// The roles of the group's asset are not, or were not when it was reported, as governance has declared.
        #[codec(index = 96)]
        CustodyChanged,
        /// That custody of the group's asset was lost is known.
        #[codec(index = 97)]
        CustodyReported,
        /// The roles of the group's asset are as governance has declared.
        #[codec(index = 98)]
        CustodyIntact,
        /// The receiver is a vault: what it got this way would be in no group's books.
        #[codec(index = 100)]
        VaultAsPayee,
        /// The account would keep less than the asset's smallest balance, which cannot stay: pay all it has, or less.
        #[codec(index = 120)]
        RestTooSmall,
    }
}
