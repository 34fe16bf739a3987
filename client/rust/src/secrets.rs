//! The secret of a group's sealing key, handed over between its sequencers (C-HAND-OVER) and rotated (C-ROTATION).
//!
//! What is sealed is sealed to what a final block says, as the node tells it: a node that lies could have the secret
//! sealed to a key of its own. So sequencers ask a node of their own, or compare transport keys.

use crate::chain::{Chain, ChainError, Included, Until, R};
use cloister_client_core::owner::OwnerKey;
use cloister_hand_over::{seal, sealing_key, Bound, Error as SealedError, Seed, Seeds, TransportKey};
use cloister_runtime::{AccountId, Hash, RuntimeCall};
use pallet_cloister_sequencers::{
    Call, Config, HandOver, HandOvers, Rotation, Rotations, RotationsDue, SealedSecret, TransportKeys,
};
use polkadot_sdk::{frame_support::BoundedVec, sp_core::crypto::Ss58Codec};

type MaxMembers = <R as Config>::MaxMembers;

/// Coordinates x and y of a sealing key.
pub type SealingKey = ([u8; 32], [u8; 32]);
/// A proposal of this chain.
pub type RotationOf = Rotation<AccountId, MaxMembers>;

/// Why a secret is not handed over, taken or rotated.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The chain refuses or cannot be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// It cannot be sealed, or does not open.
    #[error("{}: {source}", .with.to_ss58check())]
    Sealed {
        /// The other member.
        with: AccountId,
        /// Why.
        source: SealedError,
    },
    /// The secret has no key (one in 2^252).
    #[error("the secret gives no sealing key")]
    NoKey,
    /// Somebody is no member of the group.
    #[error("{} is no sequencer of group {group}", .who.to_ss58check())]
    NotMember {
        /// The account.
        who: AccountId,
        /// The group.
        group: u32,
    },
    /// A member has published no transport key.
    #[error("{} has published no transport key; it does with `cloister sequencer transport-key`", .0.to_ss58check())]
    NoTransportKey(AccountId),
    /// A member's transport key is not the one that was expected.
    #[error("{} has published another transport key: 0x{}", .who.to_ss58check(), hex::encode(.found))]
    OtherTransportKey {
        /// The member.
        who: AccountId,
        /// The key that the chain has.
        found: [u8; 32],
    },
    /// Nobody has handed the secret over.
    #[error("no member has handed the secret over to {} yet", .0.to_ss58check())]
    NothingHandedOver(AccountId),
    /// Nothing of what was handed over is good.
    #[error("nothing that is sealed to this member is a secret of the key: {}", listed(.0))]
    NothingOpens(Vec<SecretsError>),
    /// Members have handed over different former secrets.
    #[error("these have handed over different former secrets; say whose to take with --from: {}", accounts(.0))]
    TheyDiffer(Vec<AccountId>),
    /// The group's sealing key is not due for rotation.
    #[error("group {0} is not due for rotation: nobody was taken away from its sequencers since the key was set")]
    NotDue(u32),
    /// Nobody proposes a key, or not who was named.
    #[error("there is no such proposal for group {0}")]
    NoProposal(u32),
}

fn listed(errors: &[SecretsError]) -> String {
    let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
    all.join("; ")
}

fn accounts(all: &[AccountId]) -> String {
    let all: Vec<String> = all.iter().map(Ss58Codec::to_ss58check).collect();
    all.join(", ")
}

/// What a member proposes, as another one finds it.
#[derive(Debug)]
pub struct Proposal {
    /// Who proposes it.
    pub proposer: AccountId,
    /// The sealing key.
    pub key: SealingKey,
    /// Who has said that it has the secret.
    pub confirmed: Vec<AccountId>,
    /// What is sealed to whom.
    pub sealed: Vec<SealedSecret<AccountId>>,
}

impl Chain {
    /// The key to which the others seal the group's secret for a member; none if it has published none.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn transport_key(
        &self,
        group: u32,
        who: &AccountId,
        at: Option<Hash>,
    ) -> Result<Option<[u8; 32]>, ChainError> {
        self.storage(TransportKeys::<R>::hashed_key_for(group, who), at).await
    }

    /// What was handed over to a member, sealed.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn hand_overs(
        &self,
        group: u32,
        to: &AccountId,
        at: Option<Hash>,
    ) -> Result<Vec<HandOver<AccountId>>, ChainError> {
        let key = HandOvers::<R>::hashed_key_for(group, to);
        Ok(self.storage(key, at).await?.unwrap_or_default())
    }

    /// Since when the sealing key of a group is due for rotation, milliseconds of Unix time: somebody who was taken
    /// away from its sequencers has the secret. None if nobody has.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn rotation_due(&self, group: u32, at: Option<Hash>) -> Result<Option<u64>, ChainError> {
        self.storage(RotationsDue::<R>::hashed_key_for(group), at).await
    }

    /// What the members of a group propose as its sealing key.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn proposals(&self, group: u32, at: Option<Hash>) -> Result<Vec<Proposal>, ChainError> {
        let mut all = Vec::new();
        for proposer in self.submitters(group, at).await? {
            let key = Rotations::<R>::hashed_key_for(group, &proposer);
            let found: Option<RotationOf> = self.storage(key, at).await?;
            all.extend(found.map(|found| Proposal {
                proposer,
                key: found.key,
                confirmed: found.confirmed.into_inner(),
                sealed: found.sealed.into_inner(),
            }));
        }
        Ok(all)
    }
}

/// A group of a chain, at its newest final block.
pub struct Secrets<'a> {
    chain: &'a Chain,
    group: u32,
    at: Hash,
    members: Vec<AccountId>,
}

impl<'a> Secrets<'a> {
    /// Asks who the members are.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn of(chain: &'a Chain, group: u32) -> Result<Self, ChainError> {
        let at = chain.finalized().await?;
        let members = chain.submitters(group, Some(at)).await?;
        Ok(Self {
            chain,
            group,
            at,
            members,
        })
    }

    /// The members, in the order in which they lead.
    pub fn members(&self) -> &[AccountId] {
        &self.members
    }

    fn bound(&self, key: SealingKey, from: &AccountId, to: &AccountId) -> Bound {
        Bound {
            genesis: self.chain.genesis().0,
            group: self.group,
            key,
            from: from.clone().into(),
            to: to.clone().into(),
        }
    }

    fn expect_member(&self, who: &AccountId) -> Result<(), SecretsError> {
        match self.members.contains(who) {
            true => Ok(()),
            false => Err(SecretsError::NotMember {
                who: who.clone(),
                group: self.group,
            }),
        }
    }

    async fn transport_key(&self, who: &AccountId) -> Result<[u8; 32], SecretsError> {
        self.expect_member(who)?;
        let found = self.chain.transport_key(self.group, who, Some(self.at)).await?;
        found.ok_or_else(|| SecretsError::NoTransportKey(who.clone()))
    }

    async fn submit(&self, call: Call<R>, signer: &OwnerKey) -> Result<Included, SecretsError> {
        let call = RuntimeCall::Sequencers(call);
        Ok(self.chain.submit(call, signer, Until::Final).await?)
    }

    /// Publishes a member's transport key, and waits until it is final.
    ///
    /// # Errors
    /// [`SecretsError::NotMember`], [`SecretsError::Chain`].
    pub async fn publish(&self, signer: &OwnerKey, key: &TransportKey) -> Result<Included, SecretsError> {
        self.expect_member(&AccountId::new(signer.public()))?;
        let (group, key) = (self.group, key.public());
        self.submit(Call::set_transport_key { group, key }, signer).await
    }

    /// Hands the secret of the present sealing key, the first of `seeds`, and former ones over to another member, and
    /// waits until that is final. `expected` is the other's transport key, if that is known.
    ///
    /// # Errors
    /// [`SecretsError::NotMember`], [`SecretsError::NoTransportKey`], [`SecretsError::OtherTransportKey`],
    /// [`SecretsError::Sealed`] if the secret is not that of the sealing key, [`SecretsError::Chain`].
    pub async fn hand_over(
        &self,
        signer: &OwnerKey,
        to: &AccountId,
        expected: Option<[u8; 32]>,
        seeds: &[Seed],
    ) -> Result<Included, SecretsError> {
        let from = AccountId::new(signer.public());
        self.expect_member(&from)?;
        let transport = self.transport_key(to).await?;
        if expected.is_some_and(|expected| expected != transport) {
            return Err(SecretsError::OtherTransportKey {
                who: to.clone(),
                found: transport,
            });
        }
        let key = self.chain.seal_key(self.group, Some(self.at)).await?;
        let sealed = |source| SecretsError::Sealed {
            with: to.clone(),
            source,
        };
        let ciphertext = seal(seeds, &transport, &self.bound(key, &from, to)).map_err(sealed)?;
        let ciphertext = BoundedVec::try_from(ciphertext).map_err(|_| sealed(SealedError::Number(seeds.len())))?;
        let call = Call::hand_over {
            group: self.group,
            to: to.clone(),
            transport,
            key,
            ciphertext,
        };
        self.submit(call, signer).await
    }

    /// The secret of the present sealing key and former ones, as members, or only `from`, have handed them over; and
    /// who it was. A member can leave former secrets out or make them up, which nobody can tell here: what several
    /// members hand over must be the same.
    ///
    /// # Errors
    /// [`SecretsError::NotMember`]; [`SecretsError::NothingHandedOver`]; [`SecretsError::NothingOpens`];
    /// [`SecretsError::TheyDiffer`]; [`SecretsError::Chain`].
    pub async fn receive(
        &self,
        who: &AccountId,
        own: &TransportKey,
        from: Option<&AccountId>,
    ) -> Result<(AccountId, Seeds), SecretsError> {
        self.expect_member(who)?;
        let key = self.chain.seal_key(self.group, Some(self.at)).await?;
        let (mut opened, mut failed) = (Vec::new(), Vec::new());
        for one in self.chain.hand_overs(self.group, who, Some(self.at)).await? {
            if from.is_some_and(|from| *from != one.from) {
                continue;
            }
            match own.open(&one.ciphertext, &self.bound(key, &one.from, who)) {
                Ok(seeds) => opened.push((one.from, seeds)),
                Err(source) => failed.push(SecretsError::Sealed { with: one.from, source }),
            }
        }
        if opened.windows(2).any(|two| two[0].1 != two[1].1) {
            return Err(SecretsError::TheyDiffer(
                opened.into_iter().map(|(from, _)| from).collect(),
            ));
        }
        match opened.into_iter().next() {
            Some(found) => Ok(found),
            None if failed.is_empty() => Err(SecretsError::NothingHandedOver(who.clone())),
            None => Err(SecretsError::NothingOpens(failed)),
        }
    }

    /// The proposal of a member: the sealing key of a new secret, and the secret sealed to all other members.
    ///
    /// # Errors
    /// [`SecretsError::NotMember`], [`SecretsError::NotDue`], [`SecretsError::NoKey`],
    /// [`SecretsError::NoTransportKey`], [`SecretsError::Sealed`], [`SecretsError::Chain`].
    pub async fn proposal(&self, from: &AccountId, seed: &Seed) -> Result<Call<R>, SecretsError> {
        self.expect_due(from).await?;
        let key = sealing_key(seed).ok_or(SecretsError::NoKey)?;
        let mut all = Vec::new();
        for to in self.members.iter().filter(|who| *who != from) {
            let transport = self.transport_key(to).await?;
            let sealed = |source| SecretsError::Sealed {
                with: to.clone(),
                source,
            };
            let ciphertext = seal(&[*seed], &transport, &self.bound(key, from, to)).map_err(sealed)?;
            let ciphertext = ciphertext.try_into().map_err(|_| sealed(SealedError::Number(1)))?;
            all.push(SealedSecret {
                to: to.clone(),
                transport,
                ciphertext,
            });
        }
        Ok(Call::propose_seal_key {
            group: self.group,
            x: key.0,
            y: key.1,
            sealed: BoundedVec::truncate_from(all),
        })
    }

    /// Makes a proposal, and waits until that is final. Its secret must be kept before: with no other member the key is
    /// in force at once.
    ///
    /// # Errors
    /// [`SecretsError::Chain`].
    pub async fn propose(&self, signer: &OwnerKey, proposal: Call<R>) -> Result<Included, SecretsError> {
        self.submit(proposal, signer).await
    }

    /// Refuses whoever may propose nothing.
    async fn expect_due(&self, who: &AccountId) -> Result<(), SecretsError> {
        self.expect_member(who)?;
        match self.chain.rotation_due(self.group, Some(self.at)).await? {
            Some(_) => Ok(()),
            None => Err(SecretsError::NotDue(self.group)),
        }
    }

    /// The first proposal, or that of `proposer`, that this member has not confirmed and whose secret opens and is that
    /// of its key, with the secret.
    ///
    /// # Errors
    /// [`SecretsError::NoProposal`]; [`SecretsError::NothingOpens`]; [`SecretsError::Chain`].
    pub async fn proposed(
        &self,
        who: &AccountId,
        own: &TransportKey,
        proposer: Option<&AccountId>,
    ) -> Result<(Proposal, Seeds), SecretsError> {
        self.expect_member(who)?;
        let mut failed = Vec::new();
        for proposal in self.chain.proposals(self.group, Some(self.at)).await? {
            let meant = proposer.is_none_or(|proposer| *proposer == proposal.proposer);
            if !meant || proposal.confirmed.contains(who) {
                continue;
            }
            let Some(sealed) = proposal.sealed.iter().find(|sealed| sealed.to == *who) else {
                continue;
            };
            let bound = self.bound(proposal.key, &proposal.proposer, who);
            match own.open(&sealed.ciphertext, &bound) {
                Ok(seeds) => return Ok((proposal, seeds)),
                Err(source) => failed.push(SecretsError::Sealed {
                    with: proposal.proposer,
                    source,
                }),
            }
        }
        match failed.is_empty() {
            true => Err(SecretsError::NoProposal(self.group)),
            false => Err(SecretsError::NothingOpens(failed)),
        }
    }

    /// Says that the signer has the secret of a proposal, and waits until that is final. It must have been kept before.
    ///
    /// # Errors
    /// [`SecretsError::Chain`].
    pub async fn confirm(&self, signer: &OwnerKey, proposal: &Proposal) -> Result<Included, SecretsError> {
        let call = Call::confirm_seal_key {
            group: self.group,
            proposer: proposal.proposer.clone(),
            x: proposal.key.0,
            y: proposal.key.1,
        };
        self.submit(call, signer).await
    }
}
