<?php
/* consolibyte's quickbooks-php does a round in XML; prints what it saw as JSON.
   Unchanged but for the base URL, the first argument; the second is a checkout of it. */
[, $base, $source] = $argv;
error_reporting(E_ALL & ~E_DEPRECATED & ~E_WARNING & ~E_NOTICE);
require "$source/QuickBooks.php";

/* The address of the API is a constant: it is put in where the library asks for its own. */
class Here extends QuickBooks_IPP
{
    public function baseURL($ours = null)
    {
        return $GLOBALS['base'] . '/v3';
    }

    public function handleRenewal()
    {
        return true;
    }
}

$known = json_decode(file_get_contents("$base/_control/credentials"), true);
$realm = $known['realm_id'];
$ipp = new Here(null, 'key');
$ipp->authMode(QuickBooks_IPP::AUTHMODE_OAUTHV2, ['oauth_access_token' => $known['access_token'], 'qb_realm' => $realm]);
$context = $ipp->context();
$id = fn ($given) => trim((string) $given, '{-}');
$seen = [];

$customers = new QuickBooks_IPP_Service_Customer();
$customer = new QuickBooks_IPP_Object_Customer();
$customer->setDisplayName('Made by consolibyte & Co');
$seen['customer'] = $id($customers->add($context, $realm, $customer));
$found = $customers->query($context, $realm, "SELECT * FROM Customer WHERE DisplayName = 'Made by consolibyte & Co'");
$seen['found'] = array_map(fn ($each) => $id($each->getId()), $found);
$seen['counted'] = $customers->query($context, $realm, 'SELECT COUNT(*) FROM Customer') > 20;

$detail = new QuickBooks_IPP_Object_SalesItemLineDetail();
$detail->setItemRef('1');
$detail->setUnitPrice(26.8);
$detail->setQty(3.00000);
$line = new QuickBooks_IPP_Object_Line();
$line->setDetailType('SalesItemLineDetail');
$line->setAmount(80.4);
$line->addSalesItemLineDetail($detail);
$invoice = new QuickBooks_IPP_Object_Invoice();
$invoice->addLine($line);
$invoice->setCustomerRef($seen['customer']);
$invoices = new QuickBooks_IPP_Service_Invoice();
$seen['invoice'] = $id($invoices->add($context, $realm, $invoice));
$second = $invoices->add($context, $realm, $invoice);
$read = fn () => $invoices->query($context, $realm, "SELECT * FROM Invoice WHERE Id = '{$seen['invoice']}'")[0];
$invoice = $read();
$seen['total'] = $invoice->getTotalAmt();
$invoice->setPrivateNote('changed');
$invoices->update($context, $realm, $invoice->getId(), $invoice);
$seen['note'] = $read()->getPrivateNote();

$payments = new QuickBooks_IPP_Service_Payment();
$payment = new QuickBooks_IPP_Object_Payment();
$payment->setTotalAmt(30.4);
$payment->setCustomerRef($seen['customer']);
$link = new QuickBooks_IPP_Object_LinkedTxn();
$link->setTxnId($seen['invoice']);
$link->setTxnType('Invoice');
$part = new QuickBooks_IPP_Object_Line();
$part->setAmount(30.4);
$part->addLinkedTxn($link);
$payment->addLine($part);
$paid = $payments->add($context, $realm, $payment);
$seen['balance'] = $read()->getBalance();
$seen['payment_voided'] = (bool) $payments->void($context, $realm, $paid);
$seen['balance_after_void'] = $read()->getBalance();
$seen['voided'] = (bool) $invoices->void($context, $realm, $seen['invoice']);
$seen['total_after_void'] = $read()->getTotalAmt();
$changes = (new QuickBooks_IPP_Service_ChangeDataCapture())->cdc($context, $realm, ['Invoice', 'Customer'], date('c', time() - 3600));
$seen['cdc'] = array_map('count', $changes);
$seen['again'] = $customers->add($context, $realm, $customer);
$seen['duplicate'] = $customers->errorCode();
$seen['deleted'] = (bool) $invoices->delete($context, $realm, $second);
// From here on it no longer reads answers: it gives them as they are.
$seen['pdf'] = substr($invoices->pdf($context, $realm, $seen['invoice']), 0, 5);
echo json_encode($seen);
