CREATE SCHEMA onedesk_acme;
CREATE TABLE onedesk_acme.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE onedesk_acme.alert_pause (
    realm_id character varying(50) NOT NULL,
    channel character varying(50) NOT NULL,
    until character varying(27) NOT NULL
);
CREATE TABLE onedesk_acme.alert_told (
    realm_id character varying(50) NOT NULL,
    alert character varying(50) NOT NULL,
    channel character varying(50) NOT NULL,
    told_at character varying(27) NOT NULL
);
CREATE TABLE onedesk_acme.alert_watch (
    realm_id character varying(50) NOT NULL,
    looked_at character varying(27) NOT NULL,
    since character varying(27) NOT NULL
);
CREATE TABLE onedesk_acme.api_answer (
    key_id integer NOT NULL,
    idempotency_key character varying(200) NOT NULL,
    request character varying(64) NOT NULL,
    status integer NOT NULL,
    answer text NOT NULL,
    answered_at character varying(27) NOT NULL
);
CREATE TABLE onedesk_acme.api_key (
    id integer NOT NULL,
    name character varying(100) NOT NULL,
    starts character varying(20) NOT NULL,
    hash character varying(64) NOT NULL,
    scopes character varying(100) NOT NULL,
    made_at character varying(27) NOT NULL,
    revoked_at character varying(27)
);
CREATE SEQUENCE onedesk_acme.api_key_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE onedesk_acme.api_key_id_seq OWNED BY onedesk_acme.api_key.id;
CREATE TABLE onedesk_acme.call (
    realm_id character varying(50) NOT NULL,
    day character varying(10) NOT NULL,
    kind character varying(20) NOT NULL,
    count integer NOT NULL
);
CREATE TABLE onedesk_acme.command (
    id character varying(200) NOT NULL,
    realm_id character varying(50) NOT NULL,
    action character varying(20) NOT NULL,
    taken_at character varying(27) NOT NULL
);
CREATE TABLE onedesk_acme.company (
    realm_id character varying(50) NOT NULL,
    environment character varying(20) NOT NULL,
    base_url character varying(500) NOT NULL,
    facts text NOT NULL,
    settings text NOT NULL,
    reference text,
    reference_at character varying(27),
    connected_at character varying(27) NOT NULL,
    connected_by character varying(200) NOT NULL,
    disconnected_at character varying(27),
    stopped_reason text,
    last_success_at character varying(27),
    paused_until character varying(27),
    paused_because text,
    slice_ended_at character varying(27),
    throttled boolean
);
CREATE TABLE onedesk_acme.conflict (
    work_id integer NOT NULL,
    realm_id character varying(50) NOT NULL,
    what character varying(20) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    qbo_total character varying(40) NOT NULL,
    versions text NOT NULL,
    rule character varying(20) NOT NULL,
    about text,
    passed boolean NOT NULL,
    withdrawn character varying(20) NOT NULL,
    qbo_customer_id character varying(50) NOT NULL,
    sync_token character varying(50) NOT NULL,
    paid character varying(40) NOT NULL,
    currency character varying(3) NOT NULL,
    only_money boolean NOT NULL,
    told_at character varying(27)
);
CREATE TABLE onedesk_acme.customer_link (
    realm_id character varying(50) NOT NULL,
    od_customer_id character varying(200) NOT NULL,
    currency character varying(3) NOT NULL,
    qbo_id character varying(50) NOT NULL
);
CREATE TABLE onedesk_acme.invoice_link (
    realm_id character varying(50) NOT NULL,
    od_invoice_id character varying(200) NOT NULL,
    od_number character varying(200) NOT NULL,
    qbo_id character varying(50) NOT NULL,
    qbo_number character varying(200) NOT NULL,
    content_hash character varying(64) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    currency character varying(3) NOT NULL,
    total character varying(40) NOT NULL,
    qbo_total character varying(40) NOT NULL,
    state character varying(20) NOT NULL,
    rules_hash character varying(64) NOT NULL,
    trail text NOT NULL,
    copied_at character varying(27) NOT NULL,
    sent_at character varying(27),
    rewrite boolean NOT NULL
);
CREATE TABLE onedesk_acme.oauth_state (
    state character varying(100) NOT NULL,
    "user" character varying(200) NOT NULL,
    redirect_uri character varying(500) NOT NULL,
    expires_at character varying(27) NOT NULL
);
CREATE TABLE onedesk_acme.outbox (
    id integer NOT NULL,
    realm_id character varying(50) NOT NULL,
    work_id integer NOT NULL,
    od_invoice_id character varying(200) NOT NULL,
    step character varying(700) NOT NULL,
    operation character varying(20) NOT NULL,
    entity character varying(30) NOT NULL,
    body text NOT NULL,
    context text NOT NULL,
    od_customer_id character varying(200) NOT NULL,
    deposit character varying(40) NOT NULL,
    requestid character varying(50) NOT NULL,
    batch character varying(40) NOT NULL,
    state character varying(20) NOT NULL,
    answer text,
    recorded_at character varying(27) NOT NULL,
    answered_at character varying(27),
    failures integer NOT NULL,
    failed_at character varying(27)
);
CREATE SEQUENCE onedesk_acme.outbox_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE onedesk_acme.outbox_id_seq OWNED BY onedesk_acme.outbox.id;
CREATE TABLE onedesk_acme.outgoing_webhook (
    id integer NOT NULL,
    url character varying(1000) NOT NULL,
    sealed bytea NOT NULL,
    made_at character varying(27) NOT NULL,
    delivered integer NOT NULL,
    failures integer NOT NULL,
    problem text NOT NULL,
    not_before character varying(27),
    stopped_at character varying(27)
);
CREATE SEQUENCE onedesk_acme.outgoing_webhook_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE onedesk_acme.outgoing_webhook_id_seq OWNED BY onedesk_acme.outgoing_webhook.id;
CREATE TABLE onedesk_acme.payment (
    id character varying(300) NOT NULL,
    realm_id character varying(50) NOT NULL,
    qbo_id character varying(50) NOT NULL,
    od_invoice_id character varying(200) NOT NULL,
    state character varying(20) NOT NULL,
    payment text NOT NULL,
    reversal text,
    created_at character varying(27) NOT NULL,
    updated_at character varying(27) NOT NULL,
    source character varying(20) NOT NULL
);
CREATE TABLE onedesk_acme.payment_ack (
    reader character varying(50) NOT NULL,
    cursor integer NOT NULL,
    acked_at character varying(27) NOT NULL
);
CREATE TABLE onedesk_acme.payment_event (
    number integer NOT NULL,
    realm_id character varying(50) NOT NULL,
    payment_id character varying(300) NOT NULL,
    what character varying(20) NOT NULL,
    payment text NOT NULL,
    reversal text,
    happened_at character varying(27) NOT NULL
);
CREATE SEQUENCE onedesk_acme.payment_event_number_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE onedesk_acme.payment_event_number_seq OWNED BY onedesk_acme.payment_event.number;
CREATE TABLE onedesk_acme.payment_look (
    realm_id character varying(50) NOT NULL,
    read_until character varying(27),
    looked_at character varying(27),
    queries_since character varying(27),
    next_at character varying(27)
);
CREATE TABLE onedesk_acme.queue_error (
    realm_id character varying(50) NOT NULL,
    what character varying(20) NOT NULL,
    count integer NOT NULL,
    since character varying(27) NOT NULL,
    last_at character varying(27) NOT NULL,
    error character varying(300) NOT NULL
);
CREATE TABLE onedesk_acme.token (
    realm_id character varying(50) NOT NULL,
    sealed bytea NOT NULL,
    expires_at character varying(27) NOT NULL,
    refresh_expires_at character varying(27) NOT NULL,
    updated_at character varying(27) NOT NULL
);
CREATE TABLE onedesk_acme.webhook_event (
    id character varying(200) NOT NULL,
    realm_id character varying(50) NOT NULL,
    entity character varying(50) NOT NULL,
    qbo_id character varying(50) NOT NULL,
    operation character varying(20) NOT NULL,
    happened_at character varying(27) NOT NULL,
    received_at character varying(27) NOT NULL,
    seen_at character varying(27)
);
CREATE TABLE onedesk_acme.work (
    id integer NOT NULL,
    realm_id character varying(50) NOT NULL,
    od_invoice_id character varying(200) NOT NULL,
    od_number character varying(200) NOT NULL,
    action character varying(20) NOT NULL,
    asked_by character varying(200) NOT NULL,
    invoice text NOT NULL,
    state character varying(20) NOT NULL,
    attempts integer NOT NULL,
    not_before character varying(27),
    outcome text,
    reason text NOT NULL,
    created_at character varying(27) NOT NULL,
    updated_at character varying(27) NOT NULL,
    run character varying(40) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE onedesk_acme.work_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE onedesk_acme.work_id_seq OWNED BY onedesk_acme.work.id;
ALTER TABLE ONLY onedesk_acme.api_key ALTER COLUMN id SET DEFAULT nextval('onedesk_acme.api_key_id_seq'::regclass);
ALTER TABLE ONLY onedesk_acme.outbox ALTER COLUMN id SET DEFAULT nextval('onedesk_acme.outbox_id_seq'::regclass);
ALTER TABLE ONLY onedesk_acme.outgoing_webhook ALTER COLUMN id SET DEFAULT nextval('onedesk_acme.outgoing_webhook_id_seq'::regclass);
ALTER TABLE ONLY onedesk_acme.payment_event ALTER COLUMN number SET DEFAULT nextval('onedesk_acme.payment_event_number_seq'::regclass);
ALTER TABLE ONLY onedesk_acme.work ALTER COLUMN id SET DEFAULT nextval('onedesk_acme.work_id_seq'::regclass);
INSERT INTO onedesk_acme.alembic_version VALUES ('0005');
INSERT INTO onedesk_acme.alert_pause VALUES ('9341526195566031', 'mail', '2026-11-27T18:24:26.362369Z');
INSERT INTO onedesk_acme.alert_told VALUES ('9341526195566031', 'held', 'log', '2026-11-27T18:24:26.362369Z');
INSERT INTO onedesk_acme.alert_watch VALUES ('9341526195566031', '2026-11-27T18:24:26.362369Z', '2026-11-27T18:24:26.362369Z');
INSERT INTO onedesk_acme.api_answer VALUES (1, 'sample-request', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 202, '{"id": "INV-1"}', '2026-11-27T18:24:26.373358Z');
INSERT INTO onedesk_acme.api_key VALUES (1, 'billing', 'odq_mmwK', 'f2989f9a39a14b7ae3191eb0fe98c49c184987176f58c9056dc585f227966a7e', 'invoices payments', '2026-11-27T18:24:26.369759Z', NULL);
INSERT INTO onedesk_acme.call VALUES ('9341526195566031', '2026-11-27', 'write', 4);
INSERT INTO onedesk_acme.call VALUES ('9341526195566031', '2026-11-27', 'read', 17);
INSERT INTO onedesk_acme.command VALUES ('5a360d4546054cf7a2e8d0165c1dfa5f', '9341526195566031', 'opened', '2026-11-27T18:24:10.879950Z');
INSERT INTO onedesk_acme.command VALUES ('91eb3a561a70423999ddf72cbfda7e17', '9341526195566031', 'send', '2026-11-27T18:24:10.886263Z');
INSERT INTO onedesk_acme.command VALUES ('f9a5202aa2b24cdf9f388e7e5cf118a5', '9341526195566031', 'opened', '2026-11-27T18:24:18.608516Z');
INSERT INTO onedesk_acme.command VALUES ('9b1602800206479798e16cc2302dad81', '9341526195566031', 'copy', '2026-11-27T18:24:18.614052Z');
INSERT INTO onedesk_acme.command VALUES ('b7b049dca87e4244953e1cc32b988529', '9341526195566031', 'opened', '2026-11-27T18:24:21.757498Z');
INSERT INTO onedesk_acme.command VALUES ('57c14800bd09433f81093e3e3aace9a1', '9341526195566031', 'copy', '2026-11-27T18:24:21.763634Z');
INSERT INTO onedesk_acme.command VALUES ('2f150003e0ee4370b614c18796b9cf6b', '9341526195566031', 'opened', '2026-11-27T18:24:24.665942Z');
INSERT INTO onedesk_acme.command VALUES ('24c0eb929e3540dd8e1b4d69c65e0de9', '9341526195566031', 'copy', '2026-11-27T18:24:24.671012Z');
INSERT INTO onedesk_acme.command VALUES ('482ee16412de4a5e9c33324dc5cd46de', '9341526195566031', 'opened', '2026-11-27T18:24:26.339697Z');
INSERT INTO onedesk_acme.command VALUES ('f3f6c06c937346a3b7f56b42c94cbd50', '9341526195566031', 'copy', '2026-11-27T18:24:26.344634Z');
INSERT INTO onedesk_acme.command VALUES ('sample-command', '9341526195566031', 'copy', '2026-11-27T18:24:26.367926Z');
INSERT INTO onedesk_acme.company VALUES ('9341526195566031', 'local', 'http://127.0.0.1:32841', '{"realm_id": "9341526195566031", "name": "Sandbox Company_US_1", "country": "US", "home_currency": "USD", "multicurrency": false, "custom_numbers": false, "uses_sales_tax": true, "automated_sales_tax": false, "allows_discount": true, "tracks_classes": true, "allows_deposit": true, "closed_through": null, "applies_credits": false}', '{"default_income_account": {"id": "1", "name": "Services"}}', '{"accounts": [{"id": "1", "name": "Services", "type": "Income", "number": "", "active": true, "subtype": "ServiceFeeIncome"}, {"id": "2", "name": "Retained Earnings", "type": "Equity", "number": "", "active": true, "subtype": "RetainedEarnings"}, {"id": "3", "name": "Prepaid Expenses", "type": "Other Current Asset", "number": "", "active": true, "subtype": "PrepaidExpenses"}, {"id": "4", "name": "Undeposited Funds", "type": "Other Current Asset", "number": "", "active": true, "subtype": "UndepositedFunds"}, {"id": "5", "name": "Fees Billed", "type": "Income", "number": "", "active": true, "subtype": "ServiceFeeIncome"}, {"id": "7", "name": "Advertising", "type": "Expense", "number": "", "active": true, "subtype": "AdvertisingPromotional"}, {"id": "8", "name": "Bank Charges", "type": "Expense", "number": "", "active": true, "subtype": "BankCharges"}, {"id": "9", "name": "Commissions & fees", "type": "Expense", "number": "", "active": true, "subtype": "OtherMiscellaneousServiceCost"}, {"id": "10", "name": "Dues & Subscriptions", "type": "Expense", "number": "", "active": true, "subtype": "DuesSubscriptions"}, {"id": "11", "name": "Insurance", "type": "Expense", "number": "", "active": true, "subtype": "Insurance"}, {"id": "12", "name": "Legal & Professional Fees", "type": "Expense", "number": "", "active": true, "subtype": "LegalProfessionalFees"}, {"id": "13", "name": "Meals and Entertainment", "type": "Expense", "number": "", "active": true, "subtype": "EntertainmentMeals"}, {"id": "14", "name": "Miscellaneous", "type": "Other Expense", "number": "", "active": true, "subtype": "OtherMiscellaneousExpense"}, {"id": "15", "name": "Office Expenses", "type": "Expense", "number": "", "active": true, "subtype": "OfficeGeneralAdministrativeExpenses"}, {"id": "16", "name": "Promotional", "type": "Expense", "number": "", "active": true, "subtype": "AdvertisingPromotional"}, {"id": "17", "name": "Rent or Lease", "type": "Expense", "number": "", "active": true, "subtype": "RentOrLeaseOfBuildings"}, {"id": "18", "name": "Stationery & Printing", "type": "Expense", "number": "", "active": true, "subtype": "OfficeGeneralAdministrativeExpenses"}, {"id": "19", "name": "Taxes & Licenses", "type": "Expense", "number": "", "active": true, "subtype": "TaxesPaid"}, {"id": "21", "name": "Travel", "type": "Expense", "number": "", "active": true, "subtype": "Travel"}, {"id": "22", "name": "Travel Meals", "type": "Expense", "number": "", "active": true, "subtype": "TravelMeals"}, {"id": "24", "name": "Utilities", "type": "Expense", "number": "", "active": true, "subtype": "Utilities"}, {"id": "25", "name": "Interest Earned", "type": "Other Income", "number": "", "active": true, "subtype": "InterestEarned"}, {"id": "26", "name": "Other Portfolio Income", "type": "Other Income", "number": "", "active": true, "subtype": "OtherMiscellaneousIncome"}, {"id": "27", "name": "Penalties & Settlements", "type": "Other Expense", "number": "", "active": true, "subtype": "PenaltiesSettlements"}, {"id": "28", "name": "Disposal Fees", "type": "Expense", "number": "", "active": true, "subtype": "OtherMiscellaneousServiceCost"}, {"id": "29", "name": "Equipment Rental", "type": "Expense", "number": "", "active": true, "subtype": "EquipmentRental"}, {"id": "33", "name": "Accounts Payable (A/P)", "type": "Accounts Payable", "number": "", "active": true, "subtype": "AccountsPayable"}, {"id": "34", "name": "Opening Balance Equity", "type": "Equity", "number": "", "active": true, "subtype": "OpeningBalanceEquity"}, {"id": "35", "name": "Checking", "type": "Bank", "number": "", "active": true, "subtype": "Checking"}, {"id": "36", "name": "Savings", "type": "Bank", "number": "", "active": true, "subtype": "Savings"}, {"id": "37", "name": "Truck", "type": "Fixed Asset", "number": "", "active": true, "subtype": "Vehicles"}, {"id": "38", "name": "Truck:Original Cost", "type": "Fixed Asset", "number": "", "active": true, "subtype": "Vehicles"}, {"id": "39", "name": "Depreciation", "type": "Other Expense", "number": "", "active": true, "subtype": "Depreciation"}, {"id": "41", "name": "Mastercard", "type": "Credit Card", "number": "", "active": true, "subtype": "CreditCard"}, {"id": "42", "name": "Visa", "type": "Credit Card", "number": "", "active": true, "subtype": "CreditCard"}, {"id": "43", "name": "Loan Payable", "type": "Other Current Liability", "number": "", "active": true, "subtype": "OtherCurrentLiabilities"}, {"id": "44", "name": "Notes Payable", "type": "Long Term Liability", "number": "", "active": true, "subtype": "OtherLongTermLiabilities"}, {"id": "45", "name": "Landscaping Services", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "46", "name": "Landscaping Services:Job Materials", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "47", "name": "Landscaping Services:Job Materials:Decks and Patios", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "48", "name": "Landscaping Services:Job Materials:Fountains and Garden Lighting", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "49", "name": "Landscaping Services:Job Materials:Plants and Soil", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "50", "name": "Landscaping Services:Job Materials:Sprinklers and Drip Systems", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "51", "name": "Landscaping Services:Labor", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "52", "name": "Landscaping Services:Labor:Installation", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "53", "name": "Landscaping Services:Labor:Maintenance and Repair", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "54", "name": "Pest Control Services", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "55", "name": "Automobile", "type": "Expense", "number": "", "active": true, "subtype": "Auto"}, {"id": "56", "name": "Automobile:Fuel", "type": "Expense", "number": "", "active": true, "subtype": "Auto"}, {"id": "57", "name": "Job Expenses", "type": "Expense", "number": "", "active": true, "subtype": "OtherMiscellaneousServiceCost"}, {"id": "58", "name": "Job Expenses:Cost of Labor", "type": "Expense", "number": "", "active": true, "subtype": "CostOfLabor"}, {"id": "63", "name": "Job Expenses:Job Materials", "type": "Expense", "number": "", "active": true, "subtype": "SuppliesMaterials"}, {"id": "64", "name": "Job Expenses:Job Materials:Decks and Patios", "type": "Expense", "number": "", "active": true, "subtype": "SuppliesMaterials"}, {"id": "65", "name": "Job Expenses:Job Materials:Fountain and Garden Lighting", "type": "Expense", "number": "", "active": true, "subtype": "SuppliesMaterials"}, {"id": "66", "name": "Job Expenses:Job Materials:Plants and Soil", "type": "Expense", "number": "", "active": true, "subtype": "SuppliesMaterials"}, {"id": "67", "name": "Job Expenses:Job Materials:Sprinklers and Drip Systems", "type": "Expense", "number": "", "active": true, "subtype": "SuppliesMaterials"}, {"id": "68", "name": "Job Expenses:Permits", "type": "Expense", "number": "", "active": true, "subtype": "OtherMiscellaneousServiceCost"}, {"id": "69", "name": "Legal & Professional Fees:Accounting", "type": "Expense", "number": "", "active": true, "subtype": "LegalProfessionalFees"}, {"id": "70", "name": "Legal & Professional Fees:Bookkeeper", "type": "Expense", "number": "", "active": true, "subtype": "LegalProfessionalFees"}, {"id": "71", "name": "Legal & Professional Fees:Lawyer", "type": "Expense", "number": "", "active": true, "subtype": "LegalProfessionalFees"}, {"id": "72", "name": "Maintenance and Repair", "type": "Expense", "number": "", "active": true, "subtype": "RepairMaintenance"}, {"id": "73", "name": "Maintenance and Repair:Building Repairs", "type": "Expense", "number": "", "active": true, "subtype": "RepairMaintenance"}, {"id": "74", "name": "Maintenance and Repair:Computer Repairs", "type": "Expense", "number": "", "active": true, "subtype": "RepairMaintenance"}, {"id": "75", "name": "Maintenance and Repair:Equipment Repairs", "type": "Expense", "number": "", "active": true, "subtype": "RepairMaintenance"}, {"id": "76", "name": "Utilities:Gas and Electric", "type": "Expense", "number": "", "active": true, "subtype": "Utilities"}, {"id": "77", "name": "Utilities:Telephone", "type": "Expense", "number": "", "active": true, "subtype": "Utilities"}, {"id": "79", "name": "Sales of Product Income", "type": "Income", "number": "", "active": true, "subtype": "SalesOfProductIncome"}, {"id": "80", "name": "Cost of Goods Sold", "type": "Cost of Goods Sold", "number": "", "active": true, "subtype": "SuppliesMaterialsCogs"}, {"id": "81", "name": "Inventory Asset", "type": "Other Current Asset", "number": "", "active": true, "subtype": "Inventory"}, {"id": "82", "name": "Design income", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "83", "name": "Other Income", "type": "Income", "number": "", "active": true, "subtype": "OtherPrimaryIncome"}, {"id": "84", "name": "Accounts Receivable (A/R)", "type": "Accounts Receivable", "number": "", "active": true, "subtype": "AccountsReceivable"}, {"id": "85", "name": "Unapplied Cash Payment Income", "type": "Income", "number": "", "active": true, "subtype": "UnappliedCashPaymentIncome"}, {"id": "86", "name": "Discounts given", "type": "Income", "number": "", "active": true, "subtype": "DiscountsRefundsGiven"}, {"id": "87", "name": "Shipping Income", "type": "Income", "number": "", "active": true, "subtype": "ServiceFeeIncome"}, {"id": "88", "name": "Sales", "type": "Income", "number": "", "active": true, "subtype": "SalesOfProductIncome"}, {"id": "89", "name": "Arizona Dept. of Revenue Payable", "type": "Other Current Liability", "number": "", "active": true, "subtype": "GlobalTaxPayable"}, {"id": "90", "name": "Board of Equalization Payable", "type": "Other Current Liability", "number": "", "active": true, "subtype": "GlobalTaxPayable"}], "tax_codes": [{"id": "TAX", "name": "TAX", "sales_rate": null, "active": true, "rates": []}, {"id": "NON", "name": "NON", "sales_rate": null, "active": true, "rates": []}, {"id": "CustomSalesTax", "name": "CustomSalesTax", "sales_rate": null, "active": true, "rates": []}, {"id": "2", "name": "California", "sales_rate": 8, "active": true, "rates": [{"id": "3", "name": "California", "percent": 8, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 8, "first": "2014-01-01", "last": null}]}]}, {"id": "3", "name": "Tucson", "sales_rate": 9.1, "active": true, "rates": [{"id": "1", "name": "AZ State tax", "percent": 7.1, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 7.1, "first": "2014-01-01", "last": null}]}, {"id": "2", "name": "Tucson City", "percent": 2, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 2, "first": "2014-01-01", "last": null}]}]}, {"id": "101", "name": "Automated AZ", "sales_rate": 5.6, "active": false, "rates": [{"id": "101", "name": "Automated AZ", "percent": 5.6, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 5.6, "first": "2014-01-01", "last": null}]}]}, {"id": "102", "name": "Automated CA", "sales_rate": 7.25, "active": false, "rates": [{"id": "102", "name": "Automated CA", "percent": 7.25, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 7.25, "first": "2014-01-01", "last": null}]}]}, {"id": "103", "name": "Automated CO", "sales_rate": 2.9, "active": false, "rates": [{"id": "103", "name": "Automated CO", "percent": 2.9, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 2.9, "first": "2014-01-01", "last": null}]}]}, {"id": "104", "name": "Automated FL", "sales_rate": 6, "active": false, "rates": [{"id": "104", "name": "Automated FL", "percent": 6, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6, "first": "2014-01-01", "last": null}]}]}, {"id": "105", "name": "Automated GA", "sales_rate": 4, "active": false, "rates": [{"id": "105", "name": "Automated GA", "percent": 4, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 4, "first": "2014-01-01", "last": null}]}]}, {"id": "106", "name": "Automated IL", "sales_rate": 6.25, "active": false, "rates": [{"id": "106", "name": "Automated IL", "percent": 6.25, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6.25, "first": "2014-01-01", "last": null}]}]}, {"id": "107", "name": "Automated MA", "sales_rate": 6.25, "active": false, "rates": [{"id": "107", "name": "Automated MA", "percent": 6.25, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6.25, "first": "2014-01-01", "last": null}]}]}, {"id": "108", "name": "Automated MI", "sales_rate": 6, "active": false, "rates": [{"id": "108", "name": "Automated MI", "percent": 6, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6, "first": "2014-01-01", "last": null}]}]}, {"id": "109", "name": "Automated NC", "sales_rate": 4.75, "active": false, "rates": [{"id": "109", "name": "Automated NC", "percent": 4.75, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 4.75, "first": "2014-01-01", "last": null}]}]}, {"id": "110", "name": "Automated NJ", "sales_rate": 6.625, "active": false, "rates": [{"id": "110", "name": "Automated NJ", "percent": 6.625, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6.625, "first": "2014-01-01", "last": null}]}]}, {"id": "111", "name": "Automated NV", "sales_rate": 6.85, "active": false, "rates": [{"id": "111", "name": "Automated NV", "percent": 6.85, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6.85, "first": "2014-01-01", "last": null}]}]}, {"id": "112", "name": "Automated NY", "sales_rate": 4, "active": false, "rates": [{"id": "112", "name": "Automated NY", "percent": 4, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 4, "first": "2014-01-01", "last": null}]}]}, {"id": "113", "name": "Automated OH", "sales_rate": 5.75, "active": false, "rates": [{"id": "113", "name": "Automated OH", "percent": 5.75, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 5.75, "first": "2014-01-01", "last": null}]}]}, {"id": "114", "name": "Automated PA", "sales_rate": 6, "active": false, "rates": [{"id": "114", "name": "Automated PA", "percent": 6, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6, "first": "2014-01-01", "last": null}]}]}, {"id": "115", "name": "Automated TX", "sales_rate": 6.25, "active": false, "rates": [{"id": "115", "name": "Automated TX", "percent": 6.25, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6.25, "first": "2014-01-01", "last": null}]}]}, {"id": "116", "name": "Automated VA", "sales_rate": 5.3, "active": false, "rates": [{"id": "116", "name": "Automated VA", "percent": 5.3, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 5.3, "first": "2014-01-01", "last": null}]}]}, {"id": "117", "name": "Automated WA", "sales_rate": 6.5, "active": false, "rates": [{"id": "117", "name": "Automated WA", "percent": 6.5, "applies": "amount", "order": 0, "on_order": 0, "periods": [{"percent": 6.5, "first": "2014-01-01", "last": null}]}]}], "terms": [{"id": "1", "name": "Due on receipt"}, {"id": "2", "name": "Net 15"}, {"id": "3", "name": "Net 30"}, {"id": "4", "name": "Net 60"}, {"id": "5", "name": "Net 10"}], "classes": [{"id": "1", "name": "Design"}, {"id": "2", "name": "Landscaping"}, {"id": "3", "name": "Maintenance"}]}', '2026-11-27T18:24:10.280422Z', '2026-11-27T18:24:10.761601Z', 'admin', NULL, NULL, '2026-11-27T18:24:26.326607Z', NULL, NULL, '2026-11-27T18:24:26.330841Z', NULL);
INSERT INTO onedesk_acme.conflict VALUES (6, '9341526195566031', 'edited', 'f2:abc', '170.00', '[{"field": "total", "onedesk": "160.00", "quickbooks": "170.00"}]', '', NULL, false, '', '', '', '', '', true, NULL);
INSERT INTO onedesk_acme.customer_link VALUES ('9341526195566031', 'C-7', 'USD', '57');
INSERT INTO onedesk_acme.invoice_link VALUES ('9341526195566031', 'INV-1', '2041', '48', '2041', '37395a67656ccdccc7517dd2d1a58b6546b30fe9eb0eca2e9522d8c0397359bb', '2:aae42028f739dc8ea1842b691964e9cf94dd3953aa4bdf829fd546451c5ef1', 'USD', '310.00', '310.00', 'sent', 'a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41', '{"invoice": {"id": "INV-1", "number": "2041"}, "rules": {"source": "/srv/desk/rules/default.yaml", "hash": "a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41"}, "decisions": [{"table": "opening", "subject": "invoice", "outcome": "offer", "rule": "invoices.on_open", "file": "/srv/desk/rules/default.yaml", "line": 10, "column": 3, "matched": {}, "nearest": null}, {"table": "numbering", "subject": "invoice", "outcome": "onedesk", "rule": "invoices.number", "file": "/srv/desk/rules/default.yaml", "line": 11, "column": 3, "matched": {}, "nearest": null}, {"table": "customer", "subject": "invoice", "outcome": "\"Blue Harbor Ltd\" by link, then display_name; create when missing", "rule": "customers.match", "file": "/srv/desk/rules/default.yaml", "line": 19, "column": 3, "matched": {}, "nearest": null}, {"table": "similar_customer", "subject": "invoice", "outcome": "hold where QuickBooks has only a customer of nearly that name", "rule": "customers.when_similar", "file": "/srv/desk/rules/default.yaml", "line": 22, "column": 3, "matched": {}, "nearest": null}, {"table": "customer_address", "subject": "invoice", "outcome": "no (whether the customer''s record takes the address)", "rule": "customers.update_address", "file": "/srv/desk/rules/default.yaml", "line": 23, "column": 3, "matched": {}, "nearest": null}, {"table": "item", "subject": "line 1", "outcome": "Support", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "income_account", "subject": "line 1", "outcome": "Services for a new item (Administration > Financials)", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "tax_code", "subject": "line 1", "outcome": "automatic", "rule": "taxes.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 45, "column": 3, "matched": {}, "nearest": null}, {"table": "item", "subject": "line 2", "outcome": "Consulting", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "income_account", "subject": "line 2", "outcome": "Services for a new item (Administration > Financials)", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "tax_code", "subject": "line 2", "outcome": "automatic", "rule": "taxes.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 45, "column": 3, "matched": {}, "nearest": null}, {"table": "delivery", "subject": "invoice", "outcome": "copy_only where the billing e-mail is missing", "rule": "delivery.when_billing_email_missing", "file": "/srv/desk/rules/default.yaml", "line": 52, "column": 3, "matched": {}, "nearest": null}, {"table": "several_addresses", "subject": "invoice", "outcome": "cc where the billing e-mail holds several addresses", "rule": "delivery.several_addresses", "file": "/srv/desk/rules/default.yaml", "line": 53, "column": 3, "matched": {}, "nearest": null}, {"table": "totals", "subject": "invoice", "outcome": "hold (a difference of any cent)", "rule": "totals.when_different", "file": "/srv/desk/rules/default.yaml", "line": 56, "column": 3, "matched": {}, "nearest": null}, {"table": "automated_tax", "subject": "invoice", "outcome": "quickbooks where OneDesk has no tax", "rule": "totals.automated_tax", "file": "/srv/desk/rules/default.yaml", "line": 60, "column": 3, "matched": {}, "nearest": null}]}', '2026-11-27T18:24:18.456811Z', '2026-11-27T18:24:18.576381Z', false);
INSERT INTO onedesk_acme.invoice_link VALUES ('9341526195566031', 'INV-2', '2042', '49', '2042', '1a316db54a4a67d077c770a5a423f3bc54b4366452a383818479a15bec6a0f2a', '2:1ac82d305b7dc9c744f1ee79dbb5e0e71145560abe823da358c7d6c7e3e984', 'USD', '160.00', '160.00', 'copied', 'a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41', '{"invoice": {"id": "INV-2", "number": "2042"}, "rules": {"source": "/srv/desk/rules/default.yaml", "hash": "a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41"}, "decisions": [{"table": "opening", "subject": "invoice", "outcome": "offer", "rule": "invoices.on_open", "file": "/srv/desk/rules/default.yaml", "line": 10, "column": 3, "matched": {}, "nearest": null}, {"table": "numbering", "subject": "invoice", "outcome": "onedesk", "rule": "invoices.number", "file": "/srv/desk/rules/default.yaml", "line": 11, "column": 3, "matched": {}, "nearest": null}, {"table": "customer", "subject": "invoice", "outcome": "\"Blue Harbor Ltd\" by link, then display_name; create when missing", "rule": "customers.match", "file": "/srv/desk/rules/default.yaml", "line": 19, "column": 3, "matched": {}, "nearest": null}, {"table": "similar_customer", "subject": "invoice", "outcome": "hold where QuickBooks has only a customer of nearly that name", "rule": "customers.when_similar", "file": "/srv/desk/rules/default.yaml", "line": 22, "column": 3, "matched": {}, "nearest": null}, {"table": "customer_address", "subject": "invoice", "outcome": "no (whether the customer''s record takes the address)", "rule": "customers.update_address", "file": "/srv/desk/rules/default.yaml", "line": 23, "column": 3, "matched": {}, "nearest": null}, {"table": "item", "subject": "line 1", "outcome": "Support", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "income_account", "subject": "line 1", "outcome": "Services for a new item (Administration > Financials)", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "tax_code", "subject": "line 1", "outcome": "automatic", "rule": "taxes.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 45, "column": 3, "matched": {}, "nearest": null}, {"table": "delivery", "subject": "invoice", "outcome": "copy_only where the billing e-mail is missing", "rule": "delivery.when_billing_email_missing", "file": "/srv/desk/rules/default.yaml", "line": 52, "column": 3, "matched": {}, "nearest": null}, {"table": "several_addresses", "subject": "invoice", "outcome": "cc where the billing e-mail holds several addresses", "rule": "delivery.several_addresses", "file": "/srv/desk/rules/default.yaml", "line": 53, "column": 3, "matched": {}, "nearest": null}, {"table": "totals", "subject": "invoice", "outcome": "hold (a difference of any cent)", "rule": "totals.when_different", "file": "/srv/desk/rules/default.yaml", "line": 56, "column": 3, "matched": {}, "nearest": null}, {"table": "automated_tax", "subject": "invoice", "outcome": "quickbooks where OneDesk has no tax", "rule": "totals.automated_tax", "file": "/srv/desk/rules/default.yaml", "line": 60, "column": 3, "matched": {}, "nearest": null}]}', '2026-11-27T18:24:21.533866Z', NULL, false);
INSERT INTO onedesk_acme.oauth_state VALUES ('cPqekzkPuv2MSzXbOL7BeVsLYQscs2ISTI33GWODAiM', 'admin', 'http://127.0.0.1/callback', '2100-01-01T00:15:15.580169Z');
INSERT INTO onedesk_acme.outbox VALUES (1, '9341526195566031', 1, 'INV-1', 'customer Blue Harbor Ltd', 'create', 'Customer', '{"DisplayName": "Blue Harbor Ltd", "CompanyName": "Blue Harbor Ltd", "GivenName": "Ada", "FamilyName": "Berg", "PrimaryEmailAddr": {"Address": "ada@blueharbor.example"}, "PrimaryPhone": {"FreeFormNumber": "555 0100"}, "BillAddr": {"Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}}', '{"currency": null, "od_number": "2041"}', '', '', 'od-e6d555990f82529df215ef5635f97769:1', 'od-e6d555990f82529df215ef5635f97769', 'answered', '{"DisplayName": "Blue Harbor Ltd", "CompanyName": "Blue Harbor Ltd", "GivenName": "Ada", "FamilyName": "Berg", "PrimaryEmailAddr": {"Address": "ada@blueharbor.example"}, "PrimaryPhone": {"FreeFormNumber": "555 0100"}, "BillAddr": {"Id": "42", "Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "Active": true, "CurrencyRef": {"value": "USD", "name": "United States Dollar"}, "Balance": 0, "PrintOnCheckName": "Blue Harbor Ltd", "BalanceWithJobs": 0, "Taxable": true, "BillWithParent": false, "PreferredDeliveryMethod": "Print", "IsProject": false, "Job": false, "FullyQualifiedName": "Blue Harbor Ltd", "Id": "57", "SyncToken": "0", "MetaData": {"CreateTime": "2026-11-27T10:24:10-08:00", "LastUpdatedTime": "2026-11-27T10:24:10-08:00"}, "domain": "QBO", "sparse": false, "intuit_tid": "410926bc-300c-4713-bebd-142e6b43ea2c"}', '2026-11-27T18:24:16.800048Z', '2026-11-27T18:24:18.335449Z', 0, NULL);
INSERT INTO onedesk_acme.outbox VALUES (2, '9341526195566031', 1, 'INV-1', 'item Support', 'create', 'Item', '{"Name": "Support", "Type": "Service", "IncomeAccountRef": {"value": "1"}}', '{"od_number": "2041"}', '', '', 'od-e6d555990f82529df215ef5635f97769:2', 'od-e6d555990f82529df215ef5635f97769', 'answered', '{"Name": "Support", "Type": "Service", "IncomeAccountRef": {"value": "1", "name": "Services"}, "Active": true, "FullyQualifiedName": "Support", "Taxable": false, "UnitPrice": 0, "PurchaseCost": 0, "TrackQtyOnHand": false, "Id": "20", "SyncToken": "0", "MetaData": {"CreateTime": "2026-11-27T10:24:10-08:00", "LastUpdatedTime": "2026-11-27T10:24:10-08:00"}, "domain": "QBO", "sparse": false, "intuit_tid": "410926bc-300c-4713-bebd-142e6b43ea2c"}', '2026-11-27T18:24:16.800048Z', '2026-11-27T18:24:18.335449Z', 0, NULL);
INSERT INTO onedesk_acme.outbox VALUES (3, '9341526195566031', 1, 'INV-1', 'item Consulting', 'create', 'Item', '{"Name": "Consulting", "Type": "Service", "IncomeAccountRef": {"value": "1"}}', '{"od_number": "2041"}', '', '', 'od-e6d555990f82529df215ef5635f97769:3', 'od-e6d555990f82529df215ef5635f97769', 'answered', '{"Name": "Consulting", "Type": "Service", "IncomeAccountRef": {"value": "1", "name": "Services"}, "Active": true, "FullyQualifiedName": "Consulting", "Taxable": false, "UnitPrice": 0, "PurchaseCost": 0, "TrackQtyOnHand": false, "Id": "21", "SyncToken": "0", "MetaData": {"CreateTime": "2026-11-27T10:24:10-08:00", "LastUpdatedTime": "2026-11-27T10:24:10-08:00"}, "domain": "QBO", "sparse": false, "intuit_tid": "410926bc-300c-4713-bebd-142e6b43ea2c"}', '2026-11-27T18:24:16.800048Z', '2026-11-27T18:24:18.335449Z', 0, NULL);
INSERT INTO onedesk_acme.outbox VALUES (4, '9341526195566031', 1, 'INV-1', 'invoice', 'create', 'Invoice', '{"DocNumber": "2041", "CustomerRef": {"value": "57"}, "TxnDate": "2026-07-01", "DueDate": "2026-07-31", "Line": [{"DetailType": "SalesItemLineDetail", "Amount": 160.00, "Description": "Printer does not print", "SalesItemLineDetail": {"ItemRef": {"value": "20"}, "Qty": 2, "UnitPrice": 80.00, "TaxCodeRef": {"value": "NON"}, "ServiceDate": "2026-06-20"}}, {"DetailType": "SalesItemLineDetail", "Amount": 150.00, "Description": "Move the mail server", "SalesItemLineDetail": {"ItemRef": {"value": "21"}, "Qty": 1.5, "UnitPrice": 100.00, "TaxCodeRef": {"value": "NON"}}}], "CustomerMemo": {"value": "Thank you."}, "PrivateNote": "OneDesk invoice INV-1", "BillAddr": {"Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "ShipAddr": {"Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "BillEmail": {"Address": "ada@blueharbor.example"}}', '{"od_number": "2041", "content_hash": "37395a67656ccdccc7517dd2d1a58b6546b30fe9eb0eca2e9522d8c0397359bb", "currency": "USD", "total": "310.00", "qbo_total": "310.00", "rules_hash": "a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41", "trail": {"invoice": {"id": "INV-1", "number": "2041"}, "rules": {"source": "/srv/desk/rules/default.yaml", "hash": "a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41"}, "decisions": [{"table": "opening", "subject": "invoice", "outcome": "offer", "rule": "invoices.on_open", "file": "/srv/desk/rules/default.yaml", "line": 10, "column": 3, "matched": {}, "nearest": null}, {"table": "numbering", "subject": "invoice", "outcome": "onedesk", "rule": "invoices.number", "file": "/srv/desk/rules/default.yaml", "line": 11, "column": 3, "matched": {}, "nearest": null}, {"table": "customer", "subject": "invoice", "outcome": "\"Blue Harbor Ltd\" by link, then display_name; create when missing", "rule": "customers.match", "file": "/srv/desk/rules/default.yaml", "line": 19, "column": 3, "matched": {}, "nearest": null}, {"table": "similar_customer", "subject": "invoice", "outcome": "hold where QuickBooks has only a customer of nearly that name", "rule": "customers.when_similar", "file": "/srv/desk/rules/default.yaml", "line": 22, "column": 3, "matched": {}, "nearest": null}, {"table": "customer_address", "subject": "invoice", "outcome": "no (whether the customer''s record takes the address)", "rule": "customers.update_address", "file": "/srv/desk/rules/default.yaml", "line": 23, "column": 3, "matched": {}, "nearest": null}, {"table": "item", "subject": "line 1", "outcome": "Support", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "income_account", "subject": "line 1", "outcome": "Services for a new item (Administration > Financials)", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "tax_code", "subject": "line 1", "outcome": "automatic", "rule": "taxes.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 45, "column": 3, "matched": {}, "nearest": null}, {"table": "item", "subject": "line 2", "outcome": "Consulting", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "income_account", "subject": "line 2", "outcome": "Services for a new item (Administration > Financials)", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "tax_code", "subject": "line 2", "outcome": "automatic", "rule": "taxes.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 45, "column": 3, "matched": {}, "nearest": null}, {"table": "delivery", "subject": "invoice", "outcome": "copy_only where the billing e-mail is missing", "rule": "delivery.when_billing_email_missing", "file": "/srv/desk/rules/default.yaml", "line": 52, "column": 3, "matched": {}, "nearest": null}, {"table": "several_addresses", "subject": "invoice", "outcome": "cc where the billing e-mail holds several addresses", "rule": "delivery.several_addresses", "file": "/srv/desk/rules/default.yaml", "line": 53, "column": 3, "matched": {}, "nearest": null}, {"table": "totals", "subject": "invoice", "outcome": "hold (a difference of any cent)", "rule": "totals.when_different", "file": "/srv/desk/rules/default.yaml", "line": 56, "column": 3, "matched": {}, "nearest": null}, {"table": "automated_tax", "subject": "invoice", "outcome": "quickbooks where OneDesk has no tax", "rule": "totals.automated_tax", "file": "/srv/desk/rules/default.yaml", "line": 60, "column": 3, "matched": {}, "nearest": null}]}, "items": ["Support", "Consulting"]}', 'C-7', '', 'od-82fdf4da994155978cc0e6bc7c17ca11', '', 'answered', '{"DocNumber": "2041", "CustomerRef": {"value": "57", "name": "Blue Harbor Ltd"}, "TxnDate": "2026-07-01", "DueDate": "2026-07-31", "Line": [{"Id": "1", "LineNum": 1, "Description": "Printer does not print", "Amount": 160.00, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "20", "name": "Support"}, "Qty": 2, "UnitPrice": 80.00, "TaxCodeRef": {"value": "NON"}, "ServiceDate": "2026-06-20", "ItemAccountRef": {"value": "1", "name": "Services"}}, "CustomExtensions": []}, {"Id": "2", "LineNum": 2, "Description": "Move the mail server", "Amount": 150.00, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "21", "name": "Consulting"}, "Qty": 1.5, "UnitPrice": 100.00, "TaxCodeRef": {"value": "NON"}, "ItemAccountRef": {"value": "1", "name": "Services"}}, "CustomExtensions": []}, {"Amount": 310.00, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}, "CustomExtensions": []}], "CustomerMemo": {"value": "Thank you."}, "PrivateNote": "OneDesk invoice INV-1", "BillAddr": {"Id": "43", "Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "ShipAddr": {"Id": "44", "Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "BillEmail": {"Address": "ada@blueharbor.example"}, "CurrencyRef": {"value": "USD", "name": "United States Dollar"}, "ApplyTaxAfterDiscount": false, "TxnTaxDetail": {"TotalTax": 0}, "TotalAmt": 310.00, "CustomField": [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}], "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet", "Balance": 310.00, "LinkedTxn": [], "AllowIPNPayment": false, "AllowOnlinePayment": false, "AllowOnlineCreditCardPayment": false, "AllowOnlineACHPayment": false, "FreeFormAddress": true, "ShipFromAddr": {"Id": "1", "Line1": "123 Sierra Way", "City": "San Pablo", "Country": "USA", "CountrySubDivisionCode": "CA", "PostalCode": "87999"}, "Id": "48", "SyncToken": "0", "MetaData": {"CreateTime": "2026-11-27T10:24:10-08:00", "LastModifiedByRef": {"value": "9130350000000001"}, "LastUpdatedTime": "2026-11-27T10:24:10-08:00"}, "domain": "QBO", "sparse": false, "intuit_tid": "2b5c82ce-2d01-4222-9d21-14aefa564875"}', '2026-11-27T18:24:18.339750Z', '2026-11-27T18:24:18.455623Z', 0, NULL);
INSERT INTO onedesk_acme.outbox VALUES (5, '9341526195566031', 1, 'INV-1', 'send', 'send', 'Invoice', '{"Id": "48", "sendTo": "ada@blueharbor.example"}', '{"delivered_at": "", "email": "ada@blueharbor.example", "invoice": "1b2eaa6664173321852e2628cf356a82332ad6adb68fb3f14757e9c2a21a7797"}', '', '', 'od-6efa3157aa18cd680d6a669b17754ee5', '', 'answered', '{"DocNumber": "2041", "CustomerRef": {"value": "57", "name": "Blue Harbor Ltd"}, "TxnDate": "2026-07-01", "DueDate": "2026-07-31", "Line": [{"Id": "1", "LineNum": 1, "Description": "Printer does not print", "Amount": 160.00, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "20", "name": "Support"}, "Qty": 2, "UnitPrice": 80.00, "TaxCodeRef": {"value": "NON"}, "ServiceDate": "2026-06-20", "ItemAccountRef": {"value": "1", "name": "Services"}}, "CustomExtensions": []}, {"Id": "2", "LineNum": 2, "Description": "Move the mail server", "Amount": 150.00, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "21", "name": "Consulting"}, "Qty": 1.5, "UnitPrice": 100.00, "TaxCodeRef": {"value": "NON"}, "ItemAccountRef": {"value": "1", "name": "Services"}}, "CustomExtensions": []}, {"Amount": 310.00, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}, "CustomExtensions": []}], "CustomerMemo": {"value": "Thank you."}, "PrivateNote": "OneDesk invoice INV-1", "BillAddr": {"Id": "43", "Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "ShipAddr": {"Id": "44", "Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "BillEmail": {"Address": "ada@blueharbor.example"}, "CurrencyRef": {"value": "USD", "name": "United States Dollar"}, "ApplyTaxAfterDiscount": false, "TxnTaxDetail": {"TotalTax": 0}, "TotalAmt": 310.00, "CustomField": [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}], "PrintStatus": "NeedToPrint", "EmailStatus": "EmailSent", "Balance": 310.00, "LinkedTxn": [], "AllowIPNPayment": false, "AllowOnlinePayment": false, "AllowOnlineCreditCardPayment": false, "AllowOnlineACHPayment": false, "FreeFormAddress": true, "ShipFromAddr": {"Id": "1", "Line1": "123 Sierra Way", "City": "San Pablo", "Country": "USA", "CountrySubDivisionCode": "CA", "PostalCode": "87999"}, "Id": "48", "SyncToken": "0", "MetaData": {"CreateTime": "2026-11-27T10:24:10-08:00", "LastModifiedByRef": {"value": "9130350000000001"}, "LastUpdatedTime": "2026-11-27T10:24:10-08:00"}, "domain": "QBO", "sparse": false, "DeliveryInfo": {"DeliveryType": "Email", "DeliveryTime": "2026-11-27T10:24:10-08:00"}, "intuit_tid": "dbdd1796-f5a5-42d5-8bb3-501c58c1ad86"}', '2026-11-27T18:24:18.462977Z', '2026-11-27T18:24:18.575620Z', 0, NULL);
INSERT INTO onedesk_acme.outbox VALUES (6, '9341526195566031', 2, 'INV-2', 'invoice', 'create', 'Invoice', '{"DocNumber": "2042", "CustomerRef": {"value": "57"}, "TxnDate": "2026-07-01", "DueDate": "2026-07-31", "Line": [{"DetailType": "SalesItemLineDetail", "Amount": 160.00, "Description": "Printer does not print", "SalesItemLineDetail": {"ItemRef": {"value": "20"}, "Qty": 2, "UnitPrice": 80.00, "TaxCodeRef": {"value": "NON"}, "ServiceDate": "2026-06-20"}}], "CustomerMemo": {"value": "Thank you."}, "PrivateNote": "OneDesk invoice INV-2", "BillAddr": {"Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "ShipAddr": {"Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "BillEmail": {"Address": "ada@blueharbor.example"}}', '{"od_number": "2042", "content_hash": "1a316db54a4a67d077c770a5a423f3bc54b4366452a383818479a15bec6a0f2a", "currency": "USD", "total": "160.00", "qbo_total": "160.00", "rules_hash": "a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41", "trail": {"invoice": {"id": "INV-2", "number": "2042"}, "rules": {"source": "/srv/desk/rules/default.yaml", "hash": "a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41"}, "decisions": [{"table": "opening", "subject": "invoice", "outcome": "offer", "rule": "invoices.on_open", "file": "/srv/desk/rules/default.yaml", "line": 10, "column": 3, "matched": {}, "nearest": null}, {"table": "numbering", "subject": "invoice", "outcome": "onedesk", "rule": "invoices.number", "file": "/srv/desk/rules/default.yaml", "line": 11, "column": 3, "matched": {}, "nearest": null}, {"table": "customer", "subject": "invoice", "outcome": "\"Blue Harbor Ltd\" by link, then display_name; create when missing", "rule": "customers.match", "file": "/srv/desk/rules/default.yaml", "line": 19, "column": 3, "matched": {}, "nearest": null}, {"table": "similar_customer", "subject": "invoice", "outcome": "hold where QuickBooks has only a customer of nearly that name", "rule": "customers.when_similar", "file": "/srv/desk/rules/default.yaml", "line": 22, "column": 3, "matched": {}, "nearest": null}, {"table": "customer_address", "subject": "invoice", "outcome": "no (whether the customer''s record takes the address)", "rule": "customers.update_address", "file": "/srv/desk/rules/default.yaml", "line": 23, "column": 3, "matched": {}, "nearest": null}, {"table": "item", "subject": "line 1", "outcome": "Support", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "income_account", "subject": "line 1", "outcome": "Services for a new item (Administration > Financials)", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "tax_code", "subject": "line 1", "outcome": "automatic", "rule": "taxes.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 45, "column": 3, "matched": {}, "nearest": null}, {"table": "delivery", "subject": "invoice", "outcome": "copy_only where the billing e-mail is missing", "rule": "delivery.when_billing_email_missing", "file": "/srv/desk/rules/default.yaml", "line": 52, "column": 3, "matched": {}, "nearest": null}, {"table": "several_addresses", "subject": "invoice", "outcome": "cc where the billing e-mail holds several addresses", "rule": "delivery.several_addresses", "file": "/srv/desk/rules/default.yaml", "line": 53, "column": 3, "matched": {}, "nearest": null}, {"table": "totals", "subject": "invoice", "outcome": "hold (a difference of any cent)", "rule": "totals.when_different", "file": "/srv/desk/rules/default.yaml", "line": 56, "column": 3, "matched": {}, "nearest": null}, {"table": "automated_tax", "subject": "invoice", "outcome": "quickbooks where OneDesk has no tax", "rule": "totals.automated_tax", "file": "/srv/desk/rules/default.yaml", "line": 60, "column": 3, "matched": {}, "nearest": null}]}, "items": ["Support"]}', 'C-7', '', 'od-3dc1c34bce47b9c80658f3ea40710b06', '', 'answered', '{"DocNumber": "2042", "CustomerRef": {"value": "57", "name": "Blue Harbor Ltd"}, "TxnDate": "2026-07-01", "DueDate": "2026-07-31", "Line": [{"Id": "1", "LineNum": 1, "Description": "Printer does not print", "Amount": 160.00, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "20", "name": "Support"}, "Qty": 2, "UnitPrice": 80.00, "TaxCodeRef": {"value": "NON"}, "ServiceDate": "2026-06-20", "ItemAccountRef": {"value": "1", "name": "Services"}}, "CustomExtensions": []}, {"Amount": 160.00, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}, "CustomExtensions": []}], "CustomerMemo": {"value": "Thank you."}, "PrivateNote": "OneDesk invoice INV-2", "BillAddr": {"Id": "45", "Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "ShipAddr": {"Id": "46", "Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "BillEmail": {"Address": "ada@blueharbor.example"}, "CurrencyRef": {"value": "USD", "name": "United States Dollar"}, "ApplyTaxAfterDiscount": false, "TxnTaxDetail": {"TotalTax": 0}, "TotalAmt": 160.00, "CustomField": [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}], "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet", "Balance": 160.00, "LinkedTxn": [], "AllowIPNPayment": false, "AllowOnlinePayment": false, "AllowOnlineCreditCardPayment": false, "AllowOnlineACHPayment": false, "FreeFormAddress": true, "ShipFromAddr": {"Id": "1", "Line1": "123 Sierra Way", "City": "San Pablo", "Country": "USA", "CountrySubDivisionCode": "CA", "PostalCode": "87999"}, "Id": "49", "SyncToken": "0", "MetaData": {"CreateTime": "2026-11-27T10:24:10-08:00", "LastModifiedByRef": {"value": "9130350000000001"}, "LastUpdatedTime": "2026-11-27T10:24:10-08:00"}, "domain": "QBO", "sparse": false, "intuit_tid": "2e830f9a-d54c-4df5-8f44-773d17f45edc"}', '2026-11-27T18:24:21.422170Z', '2026-11-27T18:24:21.532908Z', 0, NULL);
INSERT INTO onedesk_acme.outbox VALUES (7, '9341526195566031', 4, 'INV-4', 'invoice', 'create', 'Invoice', '{"DocNumber": "2044", "CustomerRef": {"value": "57"}, "TxnDate": "2026-07-01", "DueDate": "2026-07-31", "Line": [{"DetailType": "SalesItemLineDetail", "Amount": 160.00, "Description": "Printer does not print", "SalesItemLineDetail": {"ItemRef": {"value": "20"}, "Qty": 2, "UnitPrice": 80.00, "TaxCodeRef": {"value": "NON"}, "ServiceDate": "2026-06-20"}}], "CustomerMemo": {"value": "Thank you."}, "PrivateNote": "OneDesk invoice INV-4", "BillAddr": {"Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "ShipAddr": {"Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326", "Country": "US"}, "BillEmail": {"Address": "ada@blueharbor.example"}}', '{"od_number": "2044", "content_hash": "192c45766616db4a46d6c33787f7e64f404610a4ecc2d7fff43c74b81524ec47", "currency": "USD", "total": "160.00", "qbo_total": "160.00", "rules_hash": "a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41", "trail": {"invoice": {"id": "INV-4", "number": "2044"}, "rules": {"source": "/srv/desk/rules/default.yaml", "hash": "a8f63ee2b7e5dd60a20519f32bb731bb3a3951deb3f67bc22a2b75073f6fba41"}, "decisions": [{"table": "opening", "subject": "invoice", "outcome": "offer", "rule": "invoices.on_open", "file": "/srv/desk/rules/default.yaml", "line": 10, "column": 3, "matched": {}, "nearest": null}, {"table": "numbering", "subject": "invoice", "outcome": "onedesk", "rule": "invoices.number", "file": "/srv/desk/rules/default.yaml", "line": 11, "column": 3, "matched": {}, "nearest": null}, {"table": "customer", "subject": "invoice", "outcome": "\"Blue Harbor Ltd\" by link, then display_name; create when missing", "rule": "customers.match", "file": "/srv/desk/rules/default.yaml", "line": 19, "column": 3, "matched": {}, "nearest": null}, {"table": "similar_customer", "subject": "invoice", "outcome": "hold where QuickBooks has only a customer of nearly that name", "rule": "customers.when_similar", "file": "/srv/desk/rules/default.yaml", "line": 22, "column": 3, "matched": {}, "nearest": null}, {"table": "customer_address", "subject": "invoice", "outcome": "no (whether the customer''s record takes the address)", "rule": "customers.update_address", "file": "/srv/desk/rules/default.yaml", "line": 23, "column": 3, "matched": {}, "nearest": null}, {"table": "item", "subject": "line 1", "outcome": "Support", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "income_account", "subject": "line 1", "outcome": "Services for a new item (Administration > Financials)", "rule": "items.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 36, "column": 3, "matched": {}, "nearest": null}, {"table": "tax_code", "subject": "line 1", "outcome": "automatic", "rule": "taxes.otherwise", "file": "/srv/desk/rules/default.yaml", "line": 45, "column": 3, "matched": {}, "nearest": null}, {"table": "delivery", "subject": "invoice", "outcome": "copy_only where the billing e-mail is missing", "rule": "delivery.when_billing_email_missing", "file": "/srv/desk/rules/default.yaml", "line": 52, "column": 3, "matched": {}, "nearest": null}, {"table": "several_addresses", "subject": "invoice", "outcome": "cc where the billing e-mail holds several addresses", "rule": "delivery.several_addresses", "file": "/srv/desk/rules/default.yaml", "line": 53, "column": 3, "matched": {}, "nearest": null}, {"table": "totals", "subject": "invoice", "outcome": "hold (a difference of any cent)", "rule": "totals.when_different", "file": "/srv/desk/rules/default.yaml", "line": 56, "column": 3, "matched": {}, "nearest": null}, {"table": "automated_tax", "subject": "invoice", "outcome": "quickbooks where OneDesk has no tax", "rule": "totals.automated_tax", "file": "/srv/desk/rules/default.yaml", "line": 60, "column": 3, "matched": {}, "nearest": null}]}, "items": ["Support"]}', 'C-7', '', 'od-968a438a47b4fc554b89a05464773c0f', '', 'refused', '{"problem": "Refused", "text": "The books are closed for this date. QuickBooks says (code 6210): \"Account Period Closed : The account period has closed and the account books cannot be updated through through the QBO Services API. Please use the QBO website to make these changes.\" Change the invoice''s date in OneDesk, or the closing date in QuickBooks.", "faults": [{"code": "6210", "message": "Account Period Closed", "detail": "Account Period Closed : The account period has closed and the account books cannot be updated through through the QBO Services API. Please use the QBO website to make these changes.", "type": "ValidationFault", "status": 400}], "intuit_tid": "cad9ddb4-2bae-4fe6-9e5d-a017a19e4c0c"}', '2026-11-27T18:24:26.207898Z', '2026-11-27T18:24:26.317137Z', 0, NULL);
INSERT INTO onedesk_acme.outgoing_webhook VALUES (1, 'https://desk.example/payments', '\x67414141414142724363724b496861796d585f4655485863686e34566d695454526b7831544d75585954425775666b564a795f685336636b6364482d4d463053706a5962663656676a6d793775336b546b337650574c2d32616d466c57614d744a75574b76533468637a666b385f555271494663644f394b50336669384a4a682d6f4b6c506559554b704636393574446849355736627a4b2d6d6641644937316a673d3d', '2026-11-27T18:24:26.378189Z', 0, 0, '', NULL, NULL);
INSERT INTO onedesk_acme.payment VALUES ('9341526195566031:payment:50:INV-1:1', '9341526195566031', '50', 'INV-1', 'recorded', '{"id": "9341526195566031:payment:50:INV-1:1", "invoice_id": "INV-1", "currency": "USD", "amount": "310.00", "balance": "0", "date": "2026-11-27", "method": "", "reference": "", "link": "http://127.0.0.1:32841/", "kind": "payment"}', NULL, '2026-11-27T18:24:21.714163Z', '2026-11-27T18:24:21.734019Z', 'payment');
INSERT INTO onedesk_acme.payment_ack VALUES ('command line', 1, '2026-11-27T18:24:26.380801Z');
INSERT INTO onedesk_acme.payment_event VALUES (1, '9341526195566031', '9341526195566031:payment:50:INV-1:1', 'recorded', '{"id": "9341526195566031:payment:50:INV-1:1", "invoice_id": "INV-1", "currency": "USD", "amount": "310.00", "balance": "0", "date": "2026-11-27", "method": "", "reference": "", "link": "http://127.0.0.1:32841/", "kind": "payment"}', NULL, '2026-11-27T18:24:21.734019Z');
INSERT INTO onedesk_acme.payment_look VALUES ('9341526195566031', '2026-11-27T18:24:10.482000Z', '2026-11-27T18:24:21.571015Z', NULL, NULL);
INSERT INTO onedesk_acme.queue_error VALUES ('9341526195566031', 'payments', 1, '2026-11-27T18:24:26.385434Z', '2026-11-27T18:24:26.385434Z', 'KeyError at plugin/sync/runner.py:1');
INSERT INTO onedesk_acme.token VALUES ('9341526195566031', '\x67414141414142724363724b71524362564539727a2d68367935337a7149385476464c57665031626462485866773356726e4d3762535866316a4e61675043535a4c62447a61575a303864546f5930546a707a4d466d436e744779723951694562654735616a4b4679596878376b6e70594d693133574478787a50575249364971795f6c366a56672d6f677331484f63425962344673434d2d7678334c5f6a7a706a3674665f49396949666d49473453664b7967624d5048444432446d7249586c536a676676715237394e755666592d724a6351352d715052693177715068713651595a42326331416258334a4444704a5f756e38735936395370614b6c4443634e724a74344b50724e6468456e4a6d5268756a4c5776494d7755444a585a6d4976614477744c4c4c5a75676f5f5841427230346e6954516e744b4c663532735047416a6b42616f304178416865626f692d6f4673376b4952736f5a53437375485978755235697542706f3431794d323869564e325a785a50647649362d7372366f72317a6e71453567617738487174324b4b4f5f596a396f5a776b573361455450335a767459695571505f4b49756343715943503747636e3051574c6351464b69774e3673546d75685f5553526e6f364f6f7644376a6b334637464a64637a436d342d5851756c704f45596c373041772d50374a45644f4e4937707743716a31775f354d744b64305a6d4d53585177534367397835624c487166714b4675563246695752473336477933514d42537035314a50396b553631686a7166634439735173387a587a343343492d72436175594b3661393779477170384134555a3846774647566d3469396275506637326a516f3769695f63774b72477672756d49674f42557775467a4f70526b716e6a4a36772d6c5558333251567a6738736f7757465a586a472d5530437452554b574b724d4d716644452d6469576864474138334165616e6e445575594137', '2026-11-27T19:24:10.037451Z', '2027-03-08T18:24:10.037451Z', '2026-11-27T18:24:10.768248Z');
INSERT INTO onedesk_acme.webhook_event VALUES ('sample-event', '9341526195566031', 'payment', '901', 'create', '2026-07-02T10:00:00.000000Z', '2026-11-27T18:24:26.355242Z', NULL);
INSERT INTO onedesk_acme.work VALUES (1, '9341526195566031', 'INV-1', '2041', 'send', 'admin', '{"id": "INV-1", "number": "2041", "status": "open", "type": "time_and_material", "currency": "USD", "issue_date": "2026-07-01", "due_date": "2026-07-31", "customer": {"id": "C-7", "name": "Blue Harbor Ltd", "billing_contact": {"first_name": "Ada", "last_name": "Berg", "email": "ada@blueharbor.example"}, "phone": "555 0100", "address": {"line1": "1 Quay", "city": "Bayshore", "region": "CA", "postal_code": "94326", "country": "US"}}, "lines": [{"id": "1", "work_item": {"type": "ticket", "number": "55", "name": "Printer does not print"}, "service_type": "Support", "quantity": "2", "unit_price": "80.00", "amount": "160.00", "date": "2026-06-20"}, {"id": "2", "work_item": {"type": "task", "number": "9", "name": "Move the mail server"}, "service_type": "Consulting", "quantity": "1.5", "unit_price": "100.00", "amount": "150.00"}], "subtotal": "310.00", "total": "310.00", "memo": "Thank you."}', 'done', 1, NULL, '{"id": "INV-1", "action": "send", "outcome": "sent", "reason": "", "qbo_id": "48", "qbo_number": "2041", "total": "310.00", "qbo_total": "310.00", "currency": "USD", "rule_ids": ["invoices.on_open", "invoices.number", "customers.match", "customers.when_similar", "customers.update_address", "items.otherwise", "taxes.otherwise", "delivery.when_billing_email_missing", "delivery.several_addresses", "totals.when_different", "totals.automated_tax"], "calls": 5}', '', '2026-11-27T18:24:10.886633Z', '2026-11-27T18:24:18.585181Z', '');
INSERT INTO onedesk_acme.work VALUES (2, '9341526195566031', 'INV-2', '2042', 'copy', 'admin', '{"id": "INV-2", "number": "2042", "status": "open", "type": "time_and_material", "currency": "USD", "issue_date": "2026-07-01", "due_date": "2026-07-31", "customer": {"id": "C-7", "name": "Blue Harbor Ltd", "billing_contact": {"first_name": "Ada", "last_name": "Berg", "email": "ada@blueharbor.example"}, "phone": "555 0100", "address": {"line1": "1 Quay", "city": "Bayshore", "region": "CA", "postal_code": "94326", "country": "US"}}, "lines": [{"id": "1", "work_item": {"type": "ticket", "number": "55", "name": "Printer does not print"}, "service_type": "Support", "quantity": "2", "unit_price": "80.00", "amount": "160.00", "date": "2026-06-20"}], "subtotal": "160.00", "total": "160.00", "memo": "Thank you."}', 'done', 1, NULL, '{"id": "INV-2", "action": "copy", "outcome": "copied", "reason": "", "qbo_id": "49", "qbo_number": "2042", "total": "160.00", "qbo_total": "160.00", "currency": "USD", "rule_ids": ["invoices.on_open", "invoices.number", "customers.match", "customers.when_similar", "customers.update_address", "items.otherwise", "taxes.otherwise", "delivery.when_billing_email_missing", "delivery.several_addresses", "totals.when_different", "totals.automated_tax"], "calls": 2}', '', '2026-11-27T18:24:18.614434Z', '2026-11-27T18:24:21.541161Z', '');
INSERT INTO onedesk_acme.work VALUES (3, '9341526195566031', 'INV-3', '2043', 'copy', 'admin', '{"id": "INV-3", "number": "2043", "status": "open", "type": "time_and_material", "currency": "EUR", "issue_date": "2026-07-01", "due_date": "2026-07-31", "customer": {"id": "C-7", "name": "Blue Harbor Ltd", "billing_contact": {"first_name": "Ada", "last_name": "Berg", "email": "ada@blueharbor.example"}, "phone": "555 0100", "address": {"line1": "1 Quay", "city": "Bayshore", "region": "CA", "postal_code": "94326", "country": "US"}}, "lines": [{"id": "1", "work_item": {"type": "ticket", "number": "55", "name": "Printer does not print"}, "service_type": "Support", "quantity": "2", "unit_price": "80.00", "amount": "160.00", "date": "2026-06-20"}], "subtotal": "160.00", "total": "160.00", "memo": "Thank you."}', 'held', 1, NULL, '{"id": "INV-3", "action": "copy", "outcome": "held", "reason": "The invoice is in EUR, but Sandbox Company_US_1 keeps only USD; bill it in USD, or turn on multicurrency in QuickBooks.", "qbo_id": "", "qbo_number": "", "total": "160.00", "qbo_total": null, "currency": "EUR", "rule_ids": ["invoices.on_open", "invoices.number", "customers.match", "customers.when_similar", "customers.update_address", "items.otherwise", "taxes.otherwise", "delivery.when_billing_email_missing", "delivery.several_addresses", "totals.when_different", "totals.automated_tax"], "calls": 1, "codes": ["currency"], "version": ""}', 'The invoice is in EUR, but Sandbox Company_US_1 keeps only USD; bill it in USD, or turn on multicurrency in QuickBooks.', '2026-11-27T18:24:21.764523Z', '2026-11-27T18:24:24.642971Z', '');
INSERT INTO onedesk_acme.work VALUES (4, '9341526195566031', 'INV-4', '2044', 'copy', 'admin', '{"id": "INV-4", "number": "2044", "status": "open", "type": "time_and_material", "currency": "USD", "issue_date": "2026-07-01", "due_date": "2026-07-31", "customer": {"id": "C-7", "name": "Blue Harbor Ltd", "billing_contact": {"first_name": "Ada", "last_name": "Berg", "email": "ada@blueharbor.example"}, "phone": "555 0100", "address": {"line1": "1 Quay", "city": "Bayshore", "region": "CA", "postal_code": "94326", "country": "US"}}, "lines": [{"id": "1", "work_item": {"type": "ticket", "number": "55", "name": "Printer does not print"}, "service_type": "Support", "quantity": "2", "unit_price": "80.00", "amount": "160.00", "date": "2026-06-20"}], "subtotal": "160.00", "total": "160.00", "memo": "Thank you."}', 'held', 1, NULL, '{"id": "INV-4", "action": "copy", "outcome": "held", "reason": "The books are closed for this date. QuickBooks says (code 6210): \"Account Period Closed : The account period has closed and the account books cannot be updated through through the QBO Services API. Please use the QBO website to make these changes.\" Change the invoice''s date in OneDesk, or the closing date in QuickBooks.", "qbo_id": "", "qbo_number": "", "total": "160.00", "qbo_total": null, "currency": "USD", "rule_ids": ["invoices.on_open", "invoices.number", "customers.match", "customers.when_similar", "customers.update_address", "items.otherwise", "taxes.otherwise", "delivery.when_billing_email_missing", "delivery.several_addresses", "totals.when_different", "totals.automated_tax"], "calls": 1}', 'The books are closed for this date. QuickBooks says (code 6210): "Account Period Closed : The account period has closed and the account books cannot be updated through through the QBO Services API. Please use the QBO website to make these changes." Change the invoice''s date in OneDesk, or the closing date in QuickBooks.', '2026-11-27T18:24:24.671487Z', '2026-11-27T18:24:26.321605Z', '');
INSERT INTO onedesk_acme.work VALUES (5, '9341526195566031', 'INV-5', '2045', 'copy', 'admin', '{"id": "INV-5", "number": "2045", "status": "open", "type": "time_and_material", "currency": "USD", "issue_date": "2026-07-01", "due_date": "2026-07-31", "customer": {"id": "C-7", "name": "Blue Harbor Ltd", "billing_contact": {"first_name": "Ada", "last_name": "Berg", "email": "ada@blueharbor.example"}, "phone": "555 0100", "address": {"line1": "1 Quay", "city": "Bayshore", "region": "CA", "postal_code": "94326", "country": "US"}}, "lines": [{"id": "1", "work_item": {"type": "ticket", "number": "55", "name": "Printer does not print"}, "service_type": "Support", "quantity": "2", "unit_price": "80.00", "amount": "160.00", "date": "2026-06-20"}], "subtotal": "160.00", "total": "160.00", "memo": "Thank you."}', 'todo', 0, NULL, NULL, '', '2026-11-27T18:24:26.345003Z', '2026-11-27T18:24:26.345003Z', '');
INSERT INTO onedesk_acme.work VALUES (6, '9341526195566031', 'INV-2', '2042', 'changed', '', '{"id": "INV-2", "number": "2042"}', 'done', 0, NULL, NULL, 'It was changed.', '2026-11-27T18:24:26.362942Z', '2026-11-27T18:24:26.362942Z', '');
SELECT pg_catalog.setval('onedesk_acme.api_key_id_seq', 1, true);
SELECT pg_catalog.setval('onedesk_acme.outbox_id_seq', 7, true);
SELECT pg_catalog.setval('onedesk_acme.outgoing_webhook_id_seq', 1, true);
SELECT pg_catalog.setval('onedesk_acme.payment_event_number_seq', 1, true);
SELECT pg_catalog.setval('onedesk_acme.work_id_seq', 6, true);
ALTER TABLE ONLY onedesk_acme.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY onedesk_acme.alert_pause
    ADD CONSTRAINT alert_pause_pkey PRIMARY KEY (realm_id, channel);
ALTER TABLE ONLY onedesk_acme.alert_told
    ADD CONSTRAINT alert_told_pkey PRIMARY KEY (realm_id, alert, channel);
ALTER TABLE ONLY onedesk_acme.alert_watch
    ADD CONSTRAINT alert_watch_pkey PRIMARY KEY (realm_id);
ALTER TABLE ONLY onedesk_acme.api_answer
    ADD CONSTRAINT api_answer_pkey PRIMARY KEY (key_id, idempotency_key);
ALTER TABLE ONLY onedesk_acme.api_key
    ADD CONSTRAINT api_key_hash UNIQUE (hash);
ALTER TABLE ONLY onedesk_acme.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY onedesk_acme.call
    ADD CONSTRAINT call_pkey PRIMARY KEY (realm_id, day, kind);
ALTER TABLE ONLY onedesk_acme.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (id);
ALTER TABLE ONLY onedesk_acme.company
    ADD CONSTRAINT company_pkey PRIMARY KEY (realm_id);
ALTER TABLE ONLY onedesk_acme.conflict
    ADD CONSTRAINT conflict_pkey PRIMARY KEY (work_id);
ALTER TABLE ONLY onedesk_acme.customer_link
    ADD CONSTRAINT customer_link_pkey PRIMARY KEY (realm_id, od_customer_id, currency);
ALTER TABLE ONLY onedesk_acme.webhook_event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY onedesk_acme.invoice_link
    ADD CONSTRAINT invoice_link_pkey PRIMARY KEY (realm_id, od_invoice_id);
ALTER TABLE ONLY onedesk_acme.invoice_link
    ADD CONSTRAINT invoice_link_qbo UNIQUE (realm_id, qbo_id);
ALTER TABLE ONLY onedesk_acme.oauth_state
    ADD CONSTRAINT oauth_state_pkey PRIMARY KEY (state);
ALTER TABLE ONLY onedesk_acme.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY onedesk_acme.outbox
    ADD CONSTRAINT outbox_requestid UNIQUE (realm_id, requestid);
ALTER TABLE ONLY onedesk_acme.outgoing_webhook
    ADD CONSTRAINT outgoing_webhook_pkey PRIMARY KEY (id);
ALTER TABLE ONLY onedesk_acme.outgoing_webhook
    ADD CONSTRAINT outgoing_webhook_url UNIQUE (url);
ALTER TABLE ONLY onedesk_acme.payment_ack
    ADD CONSTRAINT payment_ack_pkey PRIMARY KEY (reader);
ALTER TABLE ONLY onedesk_acme.payment_event
    ADD CONSTRAINT payment_event_pkey PRIMARY KEY (number);
ALTER TABLE ONLY onedesk_acme.payment_look
    ADD CONSTRAINT payment_look_pkey PRIMARY KEY (realm_id);
ALTER TABLE ONLY onedesk_acme.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY onedesk_acme.queue_error
    ADD CONSTRAINT queue_error_pkey PRIMARY KEY (realm_id, what);
ALTER TABLE ONLY onedesk_acme.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (realm_id);
ALTER TABLE ONLY onedesk_acme.work
    ADD CONSTRAINT work_pkey PRIMARY KEY (id);
CREATE INDEX api_answer_age ON onedesk_acme.api_answer USING btree (answered_at);
CREATE INDEX conflict_untold ON onedesk_acme.conflict USING btree (realm_id, told_at);
CREATE INDEX outbox_batch ON onedesk_acme.outbox USING btree (batch);
CREATE INDEX outbox_customer ON onedesk_acme.outbox USING btree (realm_id, od_customer_id, id);
CREATE INDEX outbox_open ON onedesk_acme.outbox USING btree (realm_id, state);
CREATE INDEX outbox_step ON onedesk_acme.outbox USING btree (realm_id, od_invoice_id, step);
CREATE INDEX outbox_work ON onedesk_acme.outbox USING btree (work_id);
CREATE INDEX payment_source ON onedesk_acme.payment USING btree (realm_id, source, qbo_id);
CREATE INDEX payment_state ON onedesk_acme.payment USING btree (realm_id, state);
CREATE INDEX webhook_event_unseen ON onedesk_acme.webhook_event USING btree (realm_id, seen_at);
CREATE INDEX work_invoice ON onedesk_acme.work USING btree (od_invoice_id, id);
CREATE INDEX work_state ON onedesk_acme.work USING btree (realm_id, state, id);
