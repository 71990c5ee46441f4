/// What sort of institution a [`Bank`](super::Bank) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BankKind {
    /// A bank, the post office included.
    Bank,
    /// A savings bank (저축은행), or the group's common code.
    SavingsBank,
    /// A cooperative or its federation: regional 농·축협, 새마을금고, 신협, 산림조합.
    Cooperative,
    /// A securities, futures or merchant-banking firm.
    Securities,
    /// A central bank, policy lender, guarantee fund or authority.
    Institution,
    /// Not in the table: [`Bank::Other`](super::Bank::Other).
    Unknown,
}
