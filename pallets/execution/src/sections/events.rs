//! What the pallet says that it did.

use polkadot_sdk::frame_support::pallet_macros::pallet_section;

/// What the pallet says that it did.
#[pallet_section]
mod events {
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A group was made.
        #[codec(index = 0)]
        GroupCreated {
            /// The group.
            group: u32,
        },
        /// A group was enabled or disabled.
        #[codec(index = 1)]
        GroupEnabled {
            /// The group.
            group: u32,
            /// Whether it is enabled now.
            enabled: bool,
        },
        /// How the queue of a group is taken was set.
        #[codec(index = 2)]
        QueueTermsSet {
            /// The group.
            group: u32,
            /// What held before.
            before: Terms,
            /// What holds now.
            now: Terms,
        },
        /// An open was queued.
        #[codec(index = 7)]
        OpenQueued {
            /// The group.
            group: u32,
            /// The index it reserves.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
            /// First deposit, 10^-6.
            amount: u64,
        },
        /// A deposit was queued.
        #[codec(index = 8)]
        DepositQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
            /// 10^-6.
            amount: u64,
        },
        /// A switch was queued.
        #[codec(index = 9)]
        SwitchQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
        },
        /// A close was queued.
        #[codec(index = 10)]
        CloseQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
        },
        /// A forced withdrawal was queued.
        #[codec(index = 11)]
        ForcedWithdrawalQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
            /// What is asked for, 10^-6.
            amount: u64,
        },
        /// A re-key of an account was queued.
        #[codec(index = 12)]
        RekeyQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
        },
        /// A forced withdrawal was taken. What it pays follows as any payout.
        #[codec(index = 13)]
        WithdrawalForced {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// What was asked for, 10^-6.
            asked: u64,
            /// What it pays, 10^-6.
            amount: u64,
        },
        /// An account has the keys that its re-key asked for.
        #[codec(index = 14)]
        AccountRekeyed {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
        },
        /// A close took effect: the account is no more, and its index is never given again.
        #[codec(index = 15)]
        AccountClosed {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner, who may open another.
            owner: T::AccountId,
        },
        /// A close was taken and had no effect, since the account holds something.
        #[codec(index = 16)]
        CloseWithoutEffect {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
        },
        /// Deposits that waited for an account, or a payment into the insurance (index 2^24), went back: with a close,
        /// or from a frozen group.
        #[codec(index = 17)]
        DepositsRefunded {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner, who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// A payment into the insurance was queued.
        #[codec(index = 18)]
        InsuranceQueued {
            /// The group.
            group: u32,
            /// Who paid.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
            /// 10^-6.
            amount: u64,
        },
        /// A take of insurance was queued.
        #[codec(index = 19)]
        InsuranceTakeQueued {
            /// The group.
            group: u32,
            /// Is to be paid.
            to: T::AccountId,
            /// Queue id.
            item: u64,
            /// What is asked for, 10^-6.
            amount: u64,
            /// What equity of the house must not fall below by it, 10^-6.
            keep: u64,
        },
        /// A batch has taken payments into the insurance.
        #[codec(index = 20)]
        InsurancePaid {
            /// The group.
            group: u32,
            /// Their sum, 10^-6.
            amount: u64,
        },
        /// A batch has taken the take of insurance.
        #[codec(index = 21)]
        InsuranceTaken {
            /// The group.
            group: u32,
            /// Is paid, as far as the gate lets it.
            to: T::AccountId,
            /// What was asked for, 10^-6.
            asked: u64,
            /// What margin of the house and what must stay allowed, 10^-6.
            amount: u64,
        },
        /// A batch was proven and settled.
        #[codec(index = 22)]
        BatchSettled {
            /// The group.
            group: u32,
            /// Its number.
            batch_no: u64,
            /// The verifying key of its proof.
            key: KeyId,
            /// The risk table it was made with.
            risk_version: u64,
            /// Its time, milliseconds.
            time: u64,
            /// The new root.
            root: Field,
            /// The new house commitment.
            house: Field,
            /// Units.
            units: u32,
            /// Queue items taken.
            consumed: u32,
            /// Who is to be paid for the proof, as the proof says.
            payee: T::AccountId,
        },
        /// The house of a group got another key.
        #[codec(index = 23)]
        HouseRekeyed {
            /// The group.
            group: u32,
            /// Number of the re-key.
            number: u32,
            /// It came before the batch with this number.
            batch_no: u64,
            /// The verifying key of its proof.
            key: KeyId,
            /// The new house commitment.
            house: Field,
        },
        /// A batch consumed an open.
        #[codec(index = 24)]
        AccountOpened {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
        },
        /// A withdrawal was paid.
        #[codec(index = 25)]
        Withdrawn {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner, who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// Fees were swept: they are income of the group's present period.
        #[codec(index = 26)]
        FeesSwept {
            /// The group.
            group: u32,
            /// 10^-6.
            amount: u64,
        },
        /// The asset refused a payout; it waits as a claim.
        #[codec(index = 27)]
        PayoutDeferred {
            /// The group.
            group: u32,
            /// Whose claim it is.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// What a group asks of solvency rounds was set. Without terms its payouts ask for no round.
        #[codec(index = 28)]
        SolvencyTermsSet {
            /// The group.
            group: u32,
            /// What held before.
            before: Option<SolvencyTerms>,
            /// What holds now.
            now: Option<SolvencyTerms>,
        },
        /// A solvency statement was taken.
        #[codec(index = 29)]
        SolvencyTaken {
            /// The group.
            group: u32,
            /// Whose round it belongs to, and who is to be paid for the proof.
            payee: T::AccountId,
            /// The verifying key of its proof.
            key: KeyId,
            /// The risk table.
            risk_version: u64,
            /// The batch that left the root.
            batch_no: u64,
            /// First index that was covered.
            first: u32,
            /// The index after the last one that was covered.
            next: u32,
        },
        /// A solvency round is complete.
        #[codec(index = 30)]
        SolvencyProven {
            /// The group.
            group: u32,
            /// Whose round it was.
            payee: T::AccountId,
            /// Time of its oldest table, milliseconds.
            oldest_table: u64,
            /// What it showed.
            findings: Findings,
            /// It is the newest now.
            newest: bool,
        },
        /// A payout was withheld: no round is fresh, or the newest one shows a shortfall.
        #[codec(index = 31)]
        PayoutWithheld {
            /// The group.
            group: u32,
            /// Whose claim it is.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// What was due of a withheld claim was paid.
        #[codec(index = 32)]
        WithheldPaid {
            /// The group.
            group: u32,
            /// Who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u128,
            /// What is left of the claim, 10^-6.
            left: u128,
        },
        /// A group was frozen: nobody proved that it is solvent.
        #[codec(index = 33)]
        GroupFrozen {
            /// The group.
            group: u32,
        },
        /// The final table of a frozen group was fixed: exits are taken.
        #[codec(index = 34)]
        FinalTableFixed {
            /// The group.
            group: u32,
            /// Version of the risk table that it is named after.
            version: u64,
            /// The `final_hash` of exits.
            final_hash: Field,
            /// End of the first phase, milliseconds of Unix time.
            claims_until: u64,
        },
        /// An account of a frozen group has exited.
        #[codec(index = 35)]
        Exited {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// What it is worth at the final table, 10^-6.
            claim: u128,
            /// It came after the first phase, and is paid from what the others leave.
            late: bool,
        },
        /// The ratio of a frozen group was fixed: claims are paid.
        #[codec(index = 36)]
        ExitsSettled {
            /// The group.
            group: u32,
            /// The ratio is `part / of`.
            part: u128,
            /// See `part`.
            of: u128,
            /// Gross amount of the exits and withheld claims, 10^-6.
            claims: u128,
        },
        /// What was due of an exit was paid.
        #[codec(index = 37)]
        ExitPaid {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner, who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u128,
        },
        /// A queue item of a frozen group went back, with all that waited for its account.
        #[codec(index = 38)]
        ItemRefunded {
            /// The group.
            group: u32,
            /// Queue id.
            item: u64,
            /// The account; 2^24 stands for the house.
            index: u32,
            /// Who queued it.
            owner: T::AccountId,
        },
        /// An owner takes back what no batch has taken.
        #[codec(index = 39)]
        TakeBackAsked {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Who queued it.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
            /// No batch counts it whose table is of this time or later, milliseconds of Unix time.
            until: u64,
        },
        /// What an owner has taken back was paid, or became a claim if the asset refused it.
        #[codec(index = 40)]
        TakenBack {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// What no claim of a frozen group has a right to was paid to the fee account.
        #[codec(index = 41)]
        RestReleased {
            /// The group.
            group: u32,
            /// 10^-6.
            amount: u128,
        },
        /// A claim was paid.
        #[codec(index = 42)]
        Claimed {
            /// The group.
            group: u32,
            /// Who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u128,
        },
        /// The income of a group is shared otherwise from its next period on.
        #[codec(index = 43)]
        PayoutTermsSet {
            /// The group.
            group: u32,
            /// The terms before.
            before: PayoutTerms,
            /// The terms now.
            now: PayoutTerms,
        },
        /// A sweep, or a freeze, has closed a period.
        #[codec(index = 44)]
        PeriodClosed {
            /// The group.
            group: u32,
            /// The period.
            period: u32,
            /// The sum of its sweeps, 10^-6.
            collected: u128,
            /// What its provers get together, 10^-6.
            provers: u128,
            /// Their credits, in hundreds of constraints; without any the next period's provers get it.
            credits: u128,
        },
        /// A payee was paid its part of a closed period.
        #[codec(index = 45)]
        CreditsClaimed {
            /// The group.
            group: u32,
            /// The period.
            period: u32,
            /// Who was paid.
            payee: T::AccountId,
            /// 10^-6.
            amount: u128,
        },
        /// What was collected for a beneficiary has left, or was queued for the insurance.
        #[codec(index = 46)]
        ShareClaimed {
            /// The group.
            group: u32,
            /// Whose share it was.
            beneficiary: Beneficiary,
            /// 10^-6.
            amount: u64,
        },
        /// A batch among several was refused; those before it are settled, and nothing behind it was looked at.
        #[codec(index = 47)]
        BatchRefused {
            /// The group.
            group: u32,
            /// The batch.
            batch_no: u64,
            /// Why, as `submit_batch` would have said.
            error: DispatchError,
        },
        /// The custodians of settlement assets were declared.
        #[codec(index = 48)]
        CustodiansSet {
            /// How many there are besides the keyless one.
            count: u32,
        },
        /// A role of a group's asset was held by nobody who was declared: the group takes no money any more.
        #[codec(index = 49)]
        CustodyLost {
            /// The group.
            group: u32,
        },
        /// The asset of a group is held as declared, and the group takes money again.
        #[codec(index = 50)]
        CustodyRestored {
            /// The group.
            group: u32,
        },
    }
}
