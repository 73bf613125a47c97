<?php
/* Intuit's PHP SDK does a full round; prints what it saw as JSON.
   Unchanged but for the base URL, the first argument; the second is a checkout of the SDK. */
[, $base, $sdk] = $argv;
error_reporting(E_ALL & ~E_DEPRECATED);
require "$sdk/src/config.php";

use QuickBooksOnline\API\Data\IPPAttachable;
use QuickBooksOnline\API\Data\IPPAttachableRef;
use QuickBooksOnline\API\Data\IPPReferenceType;
use QuickBooksOnline\API\DataService\DataService;
use QuickBooksOnline\API\Facades\Customer;
use QuickBooksOnline\API\Facades\Invoice;
use QuickBooksOnline\API\Facades\Payment;
use QuickBooksOnline\API\WebhooksService\WebhooksService;

$known = json_decode(file_get_contents("$base/_control/credentials"), true);
$books = DataService::Configure([
    'auth_mode' => 'oauth2',
    'ClientID' => $known['client_id'],
    'ClientSecret' => $known['client_secret'],
    'accessTokenKey' => $known['access_token'],
    'refreshTokenKey' => $known['refresh_token'],
    'QBORealmID' => $known['realm_id'],
    'baseUrl' => "$base/",
]);
$books->disableLog();
$books->throwExceptionOnError(true);
$seen = [];

$customer = $books->Add(Customer::create(['DisplayName' => "Łódź & O'Neil", 'PrimaryEmailAddr' => ['Address' => 'php@example.com']]));
$seen['customer'] = $customer->Id;
$seen['found'] = array_column($books->Query("select * from Customer where DisplayName = 'Łódź & O\\'Neil'"), 'Id');
$seen['counted'] = $books->Query('select count(*) from Customer') > 20;

$line = ['Amount' => 80.4, 'DetailType' => 'SalesItemLineDetail', 'SalesItemLineDetail' => ['ItemRef' => ['value' => 1], 'Qty' => 3, 'UnitPrice' => 26.8]];
$invoice = $books->Add(Invoice::create(['CustomerRef' => ['value' => $customer->Id], 'Line' => [$line], 'CustomerMemo' => ['value' => 'Thanks']]));
$seen['invoice'] = $invoice->Id;
$seen['total'] = $invoice->TotalAmt;
$invoice = $books->Update(Invoice::update($invoice, ['sparse' => true, 'PrivateNote' => 'changed']));
$seen['note'] = [$invoice->PrivateNote, $invoice->SyncToken];
$seen['read'] = $books->FindById('Invoice', $invoice->Id)->DocNumber === $invoice->DocNumber;

$batch = $books->CreateNewBatch();
$batch->AddEntity(Customer::create(['DisplayName' => 'PHP batch']), 'a', 'Create');
$batch->AddEntity(Customer::create(['DisplayName' => 'Cool Cars']), 'b', 'Create');
$batch->AddQuery('select * from Term', 'c');
$batch->Execute();
$items = $batch->intuitBatchItemResponses;
$seen['batch'] = [$items['a']->isSuccess(), $items['b']->isSuccess(), count($items['c']->entities)];

$changed = $books->CDC(['Invoice', 'Customer'], date(DATE_ATOM, time() - 3600))->entities;
$seen['cdc'] = [array_column($changed['Invoice'], 'Id'), in_array($customer->Id, array_column($changed['Customer'], 'Id'))];
$seen['pdf'] = substr($books->DownloadPDF($invoice, null, true), 0, 5);
$seen['sent'] = $books->SendEmail($invoice, 'ann@example.com')->EmailStatus;

$about = new IPPAttachable(['FileName' => 'note.pdf', 'AttachableRef' => new IPPAttachableRef([
    'EntityRef' => new IPPReferenceType(['value' => $invoice->Id, 'type' => 'Invoice'])])]);
$kept = $books->Upload(base64_encode('a note'), 'note.pdf', 'application/pdf', $about);
$seen['uploaded'] = file_get_contents($kept->Attachable->TempDownloadUri);

$part = ['Amount' => 30.4, 'LinkedTxn' => [['TxnId' => $invoice->Id, 'TxnType' => 'Invoice']]];
$payment = $books->Add(Payment::create(['CustomerRef' => ['value' => $customer->Id], 'TotalAmt' => 30.4, 'Line' => [$part]]));
$seen['balance'] = $books->FindById('Invoice', $invoice->Id)->Balance;
$books->Void($payment);
$invoice = $books->FindById('Invoice', $invoice->Id);
$seen['balance_after_void'] = $invoice->Balance;
$voided = $books->Void($invoice);
$seen['voided'] = [$voided->TotalAmt, $voided->PrivateNote];
$books->Delete($books->FindById('Invoice', $invoice->Id));
$books->throwExceptionOnError(false);
$books->FindById('Invoice', $invoice->Id);
$seen['gone'] = $books->getLastError()->getIntuitErrorCode();
$books->Add(Customer::create(['DisplayName' => 'Cool Cars']));
$seen['duplicate'] = $books->getLastError()->getIntuitErrorCode();

[$body, $signature] = [$argv[3], $argv[4]];
$seen['signed'] = WebhooksService::verifyPayload($known['verifier_token'], $body, $signature);
echo json_encode($seen);
