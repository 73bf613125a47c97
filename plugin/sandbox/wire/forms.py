"""The fields of sales forms and payments, with their limits (qbo-api.md sections 2.1 and 2.4)."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.wire.fields import (
    ANY,
    BOOL,
    DATE,
    NUMBER,
    READ_ONLY,
    Field,
    Shape,
    choice,
    group,
    many,
    ref_to,
    text,
)
from onedesk_quickbooks.plugin.sandbox.wire.shapes import ADDRESS, COMMON, COPY, MAIL

LINKED: Shape = {"TxnId": text(), "TxnType": text(), "TxnLineId": text()}
LINE_HEAD: Shape = {
    "Id": text(),
    "LineNum": NUMBER,
    "Description": text(4000),
    "Amount": NUMBER,
    "Received": READ_ONLY,
    "LinkedTxn": many(LINKED),
    "DetailType": text(),
    "CustomField": ANY,
    "CustomExtensions": ANY,
    "LineEx": READ_ONLY,
}
SALES_DETAIL: Shape = {
    "ItemRef": ref_to("Item"),
    "UnitPrice": NUMBER,
    "RatePercent": NUMBER,
    "PriceLevelRef": ref_to(""),
    "MarkupInfo": ANY,
    "Qty": NUMBER,
    "UOMSetRef": ref_to(""),
    "ItemAccountRef": READ_ONLY,
    "InventorySiteRef": ref_to(""),
    "TaxCodeRef": ref_to("TaxCode"),
    "ClassRef": ref_to("Class"),
    "ServiceDate": DATE,
    "TaxInclusiveAmt": NUMBER,
    "DiscountRate": NUMBER,
    "DiscountAmt": NUMBER,
    "TaxClassificationRef": READ_ONLY,
    "DeferredRevenue": BOOL,
}
TAX_DETAIL: Shape = {
    "TaxRateRef": ref_to("TaxRate"),
    "PercentBased": BOOL,
    "TaxPercent": NUMBER,
    "NetAmountTaxable": NUMBER,
    "TaxInclusiveAmount": NUMBER,
    "OverrideDeltaAmount": NUMBER,
    "ServiceDate": DATE,
}
SALES_LINE: Shape = {
    **LINE_HEAD,
    "SalesItemLineDetail": group(SALES_DETAIL),
    "SubTotalLineDetail": group({"ItemRef": ref_to("Item"), "ServiceDate": DATE}),
    "DiscountLineDetail": group(
        {
            "PercentBased": BOOL,
            "DiscountPercent": NUMBER,
            "DiscountAccountRef": ref_to("Account"),
            "TaxCodeRef": ref_to("TaxCode"),
            "ClassRef": ref_to("Class"),
            "ServiceDate": DATE,
            "DiscountRef": ref_to(""),
        }
    ),
    "GroupLineDetail": group(
        {
            "GroupItemRef": ref_to("Item"),
            "Quantity": NUMBER,
            "UOMSetRef": ref_to(""),
            "ServiceDate": DATE,
            "Line": many({**LINE_HEAD, "SalesItemLineDetail": group(SALES_DETAIL)}),
        }
    ),
    "DescriptionLineDetail": group({"ServiceDate": DATE, "TaxCodeRef": ref_to("TaxCode")}),
}
TXN: Shape = {
    **COMMON,
    "DocNumber": text(21),
    "TxnDate": DATE,
    "TxnSource": READ_ONLY,
    "DepartmentRef": ref_to("Department"),
    "CurrencyRef": ref_to("Currency"),
    "ExchangeRate": NUMBER,
    "PrivateNote": text(4000),
    "TxnStatus": READ_ONLY,
    "LinkedTxn": many(LINKED),
    "CustomField": ANY,
    "TaxFormType": text(),
    "TaxFormNum": text(),
    "TransactionLocationType": text(),
    "RecurDataRef": READ_ONLY,
    "TotalAmt": READ_ONLY,
    "HomeTotalAmt": READ_ONLY,
    "CustomerRef": ref_to("Customer"),
    "CustomerMemo": Field("memo", limit=1000),
    "V4IDPseudonym": READ_ONLY,
}
SALE: Shape = {
    **TXN,
    "Line": many(SALES_LINE),
    "TxnTaxDetail": group(
        {
            "TxnTaxCodeRef": ref_to("TaxCode"),
            "DefaultTaxCodeRef": ref_to("TaxCode"),
            "TotalTax": NUMBER,
            "UseAutomatedSalesTax": BOOL,
            "TaxLine": many({**LINE_HEAD, "TaxLineDetail": group(TAX_DETAIL)}),
        }
    ),
    "AutoDocNumber": BOOL,
    "BillAddr": group(ADDRESS),
    "ShipAddr": group(ADDRESS),
    "ShipFromAddr": group(ADDRESS),
    "FreeFormAddress": BOOL,
    "RemitToRef": ref_to(""),
    "ClassRef": ref_to("Class"),
    "SalesTermRef": ref_to("Term"),
    "DueDate": DATE,
    "SalesRepRef": ref_to(""),
    "PONumber": text(25),
    "FOB": text(),
    "ShipMethodRef": Field("ref", target="", limit=30),
    "ShipDate": DATE,
    "TrackingNum": text(),
    "GlobalTaxCalculation": choice("TaxExcluded", "TaxInclusive", "NotApplicable"),
    "ApplyTaxAfterDiscount": BOOL,
    "TemplateRef": ref_to(""),
    "PrintStatus": choice("NotSet", "NeedToPrint", "PrintComplete"),
    "EmailStatus": choice("NotSet", "NeedToSend", "EmailSent"),
    "BillEmail": group(MAIL),
    "BillEmailCc": group(COPY),
    "BillEmailBcc": group(COPY),
    "ARAccountRef": ref_to("Account"),
    "Balance": READ_ONLY,
    "HomeBalance": READ_ONLY,
    "FinanceCharge": BOOL,
    "PaymentMethodRef": ref_to("PaymentMethod"),
    "PaymentRefNum": text(21),
    "DepositToAccountRef": ref_to("Account"),
    "DeliveryInfo": READ_ONLY,
    "DiscountRate": NUMBER,
    "DiscountAmt": NUMBER,
    "GovtTxnRefIdentifier": text(),
    "TaxExemptionRef": READ_ONLY,
    "ProjectRef": ref_to(""),
    "SelfReference": READ_ONLY,
}
INVOICE: Shape = {
    **SALE,
    "Deposit": NUMBER,
    "AllowIPNPayment": BOOL,
    "AllowOnlinePayment": BOOL,
    "AllowOnlineCreditCardPayment": BOOL,
    "AllowOnlineACHPayment": BOOL,
    "AllowOnlinePayPalPayment": BOOL,
    "AllowOnlineAffirmPayment": BOOL,
    "EInvoiceStatus": READ_ONLY,
    "ECloudStatusTimeStamp": READ_ONLY,
    "InvoiceStatus": READ_ONLY,
    "InvoiceLink": READ_ONLY,
    "InvoiceLinkSecurityCode": READ_ONLY,
    "CallToAction": READ_ONLY,
}
CREDIT_MEMO: Shape = {**SALE, "RemainingCredit": READ_ONLY, "InvoiceRef": ref_to("Invoice")}
PAYMENT: Shape = {
    **{key: field for key, field in TXN.items() if key not in ("TotalAmt", "DocNumber")},
    "TotalAmt": NUMBER,
    "UnappliedAmt": READ_ONLY,
    "PaymentMethodRef": ref_to("PaymentMethod"),
    "PaymentRefNum": text(21),
    "DepositToAccountRef": ref_to("Account"),
    "ARAccountRef": ref_to("Account"),
    "ProcessPayment": BOOL,
    "CreditCardPayment": ANY,
    "CheckPayment": ANY,
    "PaymentType": text(),
    "Line": many(LINE_HEAD),
    "TxnTaxDetail": READ_ONLY,
}
ESTIMATE: Shape = {
    **{key: field for key, field in SALE.items() if key not in ("TxnStatus", "Balance", "HomeBalance")},
    "TxnStatus": choice("Pending", "Accepted", "Closed", "Rejected", "Converted"),
    "ExpirationDate": DATE,
    "AcceptedBy": text(),
    "AcceptedDate": DATE,
}
SALES_RECEIPT: Shape = {**SALE, "PaymentType": text(), "CreditCardPayment": ANY, "CheckPayment": ANY}
REFUND_RECEIPT: Shape = {**SALES_RECEIPT, "RefundMethodRef": ref_to("PaymentMethod")}
DEPOSIT: Shape = {
    **COMMON,
    "TxnDate": DATE,
    "TotalAmt": READ_ONLY,
    "HomeTotalAmt": READ_ONLY,
    "DepositToAccountRef": ref_to("Account"),
    "CurrencyRef": ref_to("Currency"),
    "ExchangeRate": NUMBER,
    "PrivateNote": text(4000),
    "DepartmentRef": ref_to("Department"),
    "TxnSource": READ_ONLY,
    "Line": many(
        {
            **LINE_HEAD,
            "DepositLineDetail": group(
                {
                    "AccountRef": ref_to("Account"),
                    "PaymentMethodRef": ref_to("PaymentMethod"),
                    "CheckNum": text(21),
                    "Entity": Field("entity"),
                    "ClassRef": ref_to("Class"),
                    "TxnType": text(),
                }
            ),
        }
    ),
}
