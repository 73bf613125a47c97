// Intuit's Java SDK does a full round; prints what it saw as JSON. Unchanged: the sandbox is its proxy.
// Arguments: port, xml or json, verifier token, realm, access token, body and signature of a webhook.

import com.fasterxml.jackson.databind.ObjectMapper;
import com.intuit.ipp.core.Context;
import com.intuit.ipp.core.IEntity;
import com.intuit.ipp.core.ServiceType;
import com.intuit.ipp.data.Attachable;
import com.intuit.ipp.data.AttachableRef;
import com.intuit.ipp.data.Customer;
import com.intuit.ipp.data.EmailAddress;
import com.intuit.ipp.data.Estimate;
import com.intuit.ipp.data.IntuitEntity;
import com.intuit.ipp.data.Invoice;
import com.intuit.ipp.data.Line;
import com.intuit.ipp.data.LineDetailTypeEnum;
import com.intuit.ipp.data.LinkedTxn;
import com.intuit.ipp.data.OperationEnum;
import com.intuit.ipp.data.Payment;
import com.intuit.ipp.data.ReferenceType;
import com.intuit.ipp.data.SalesItemLineDetail;
import com.intuit.ipp.data.SalesReceipt;
import com.intuit.ipp.data.Term;
import com.intuit.ipp.exception.FMSException;
import com.intuit.ipp.security.OAuth2Authorizer;
import com.intuit.ipp.services.BatchOperation;
import com.intuit.ipp.services.DataService;
import com.intuit.ipp.services.WebhooksService;
import com.intuit.ipp.util.Config;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

public class JavaSdk {
    interface Work {
        Object run() throws Exception;
    }

    static String refused(Work work) throws Exception {
        try {
            work.run();
        } catch (FMSException error) {
            return error.getErrorList().get(0).getCode();
        }
        return "";
    }

    static String amount(BigDecimal value) {
        return value.setScale(2, RoundingMode.UNNECESSARY).toString();
    }

    static ReferenceType ref(String id) {
        var made = new ReferenceType();
        made.setValue(id);
        return made;
    }

    static Line sale(String amount) {
        var detail = new SalesItemLineDetail();
        detail.setItemRef(ref("1"));
        detail.setQty(BigDecimal.ONE);
        detail.setUnitPrice(new BigDecimal(amount));
        var made = new Line();
        made.setAmount(new BigDecimal(amount));
        made.setDetailType(LineDetailTypeEnum.SALES_ITEM_LINE_DETAIL);
        made.setSalesItemLineDetail(detail);
        return made;
    }

    static <T extends IntuitEntity> T same(T made, IntuitEntity old) {
        made.setId(old.getId());
        made.setSyncToken(old.getSyncToken());
        made.setSparse(true);
        return made;
    }

    public static void main(String[] words) throws Exception {
        Config.setProperty(Config.BASE_URL_QBO, "http://quickbooks.test/v3/company");
        Config.setProperty(Config.PROXY_HOST, "127.0.0.1");
        Config.setProperty(Config.PROXY_PORT, words[0]);
        System.setProperty("http.proxyHost", "127.0.0.1"); // it downloads by Java's own client
        System.setProperty("http.proxyPort", words[0]);
        Config.setProperty(Config.SERIALIZATION_REQUEST_FORMAT, words[1]);
        Config.setProperty(Config.SERIALIZATION_RESPONSE_FORMAT, words[1]);
        Config.setProperty(Config.WEBHOOKS_VERIFIER_TOKEN, words[2]);
        var books = new DataService(new Context(new OAuth2Authorizer(words[4]), ServiceType.QBO, words[3]));
        var seen = new TreeMap<String, Object>();

        var email = new EmailAddress();
        email.setAddress("ann@example.com");
        var wanted = new Customer();
        wanted.setDisplayName("Łódź & Java in " + words[1]);
        wanted.setPrimaryEmailAddr(email);
        var customer = books.add(wanted);
        seen.put("customer", customer.getId());
        var named = "select * from Customer where DisplayName = '" + wanted.getDisplayName() + "'";
        seen.put("found", ((Customer) books.executeQuery(named).getEntities().get(0)).getId());
        seen.put("counted", books.executeQuery("select count(*) from Customer").getTotalCount() > 20);
        var kinds = Stream.of("Account", "Class", "CompanyInfo", "CreditMemo", "Department", "Employee", "Estimate", "Invoice",
            "Item", "Payment", "PaymentMethod", "Preferences", "RefundReceipt", "SalesReceipt", "TaxAgency", "TaxCode", "TaxRate",
            "Vendor");
        var listed = true;
        for (var kind : kinds.toList()) {
            listed &= !books.executeQuery("select * from " + kind).getEntities().isEmpty();
        }
        seen.put("lists", listed);

        var form = new Invoice();
        form.setCustomerRef(ref(customer.getId()));
        form.setLine(List.of(sale("80.40")));
        form.setBillEmail(email);
        var invoice = books.add(form);
        seen.put("invoice", invoice.getId());
        seen.put("total", amount(invoice.getTotalAmt()));
        seen.put("due", invoice.getDueDate().after(invoice.getTxnDate()));
        var note = same(new Invoice(), invoice);
        note.setPrivateNote("changed");
        var changed = books.update(note);
        seen.put("note", changed.getPrivateNote() + " " + changed.getSyncToken() + " " + amount(changed.getTotalAmt()));
        changed.setPrivateNote("in full");
        changed.setSparse(false);
        var full = books.update(changed);
        seen.put("full", full.getPrivateNote() + " " + full.getSyncToken());
        seen.put("stale", refused(() -> books.update(note)));
        seen.put("duplicate", refused(() -> books.add(wanted)));

        var batch = new BatchOperation();
        var another = new Customer();
        another.setDisplayName("Java batch " + words[1]);
        batch.addEntity(another, OperationEnum.CREATE, "made");
        batch.addEntity(wanted, OperationEnum.CREATE, "taken");
        batch.addQuery("select * from Term", "terms");
        List<IEntity> captured = List.of(new Invoice(), new Estimate());
        batch.addCDCQuery(captured, full.getMetaData().getCreateTime().toInstant().toString(), "changes");
        books.executeBatch(batch);
        seen.put("batch", List.of(((Customer) batch.getEntity("made")).getDisplayName().substring(0, 10),
            batch.getFault("taken").getError().get(0).getCode(), batch.getQueryResponse("terms").getEntities().size(),
            batch.isCDCQuery("changes")));
        var since = full.getMetaData().getCreateTime().toInstant().toString();
        var changes = books.executeCDCQuery(captured, since).get(0).getQueryResults().get("Invoice").getEntities();
        seen.put("cdc", changes.stream().map(each -> ((IntuitEntity) each).getId()).filter(full.getId()::equals).toList());

        seen.put("pdf", new String(books.downloadPDF(full).readNBytes(5)));
        seen.put("sent", books.sendEmail(full, "books@example.com").getEmailStatus());
        var target = ref(customer.getId());
        target.setType("Customer");
        var attached = new AttachableRef();
        attached.setEntityRef(target);
        var file = new Attachable();
        file.setFileName("note.txt");
        file.setContentType("text/plain");
        file.setAttachableRef(List.of(attached));
        var kept = books.upload(file, new ByteArrayInputStream("a note".getBytes()));
        seen.put("uploaded", new String(books.download(kept).readAllBytes()));

        var link = new LinkedTxn();
        link.setTxnId(full.getId());
        link.setTxnType("Invoice");
        var part = new Line();
        part.setAmount(new BigDecimal("30.40"));
        part.setLinkedTxn(List.of(link));
        var money = new Payment();
        money.setCustomerRef(ref(customer.getId()));
        money.setTotalAmt(new BigDecimal("30.40"));
        money.setLine(List.of(part));
        var payment = books.add(money);
        seen.put("balance", amount(books.findById(full).getBalance()));
        seen.put("paid", refused(() -> books.voidRequest(books.findById(full))));
        books.voidRequest(same(new Payment(), payment));
        seen.put("balance_after_void", amount(books.findById(full).getBalance()));
        var receipt = new SalesReceipt();
        receipt.setLine(List.of(sale("5.00")));
        seen.put("receipt", amount(books.voidRequest(books.add(receipt)).getTotalAmt()));
        var voided = books.voidRequest(books.findById(full));
        seen.put("voided", amount(voided.getTotalAmt()) + " " + voided.getPrivateNote());
        seen.put("deleted", books.delete(voided).getStatus());
        seen.put("gone", refused(() -> books.findById(full)));
        var webhooks = new WebhooksService();
        seen.put("signed", List.of(webhooks.verifyPayload(words[6], words[5]), webhooks.verifyPayload(words[6], "[]")));
        System.out.println(new ObjectMapper().writeValueAsString(seen));
    }
}
