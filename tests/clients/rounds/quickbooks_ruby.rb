# quickbooks-ruby does a full round; prints what it saw as JSON.
# Unchanged but for the base URL, the first argument; the second is a checkout of it, its gems are Debian's.
require 'json'
require 'net/http'
require 'tempfile'

base, source = ARGV
$LOAD_PATH.unshift("#{source}/lib")
$VERBOSE = nil
require 'quickbooks-ruby'

known = JSON.parse(Net::HTTP.get(URI("#{base}/_control/credentials")))
client = OAuth2::Client.new(known['client_id'], known['client_secret'],
                            site: base, authorize_url: "#{base}/connect/oauth2", token_url: "#{base}/oauth2/v1/tokens/bearer")
token = OAuth2::AccessToken.new(client, known['access_token'], refresh_token: known['refresh_token'])
seen = {}
fresh = token.refresh!
seen['rotated'] = fresh.refresh_token != token.refresh_token

Service = Quickbooks::Service
Model = Quickbooks::Model
# The address of the API is private to each service.
service = lambda do |name|
  made = Service.const_get(name).new(company_id: known['realm_id'], access_token: fresh)
  made.instance_variable_set(:@base_uri, "#{base}/v3/company")
  made
end
customers, invoices, payments = service.call(:Customer), service.call(:Invoice), service.call(:Payment)

customer = customers.create(Model::Customer.new(display_name: "Łódź & O'Neil"))
seen['customer'] = customer.id
seen['found'] = customers.find_by(:display_name, "Łódź & O'Neil").map(&:id)
seen['paged'] = []
customers.query_in_batches(nil, per_page: 10) { |page| seen['paged'] << page.entries.size }

line = Model::InvoiceLineItem.new(amount: 80.4, description: 'Hours')
line.sales_item! do |detail|
  detail.unit_price = 26.8
  detail.quantity = 3
  detail.item_id = 1
end
invoice = Model::Invoice.new(customer_id: customer.id, line_items: [line])
invoice = invoices.create(invoice)
seen['invoice'] = invoice.id
seen['total'] = invoice.total.to_s('F')
invoice.private_note = 'changed'
invoice = invoices.update(invoice, sparse: true)
seen['note'] = [invoice.private_note, invoice.sync_token]

batch = Model::BatchRequest.new
batch.add('a', Model::Customer.new(display_name: 'Ruby batch'), 'create')
batch.add('b', Model::Customer.new(display_name: 'Cool Cars'), 'create')
answers = service.call(:Batch).make_request(batch).response_items
seen['batch'] = [answers[0].customer.display_name, answers[1].fault.errors.first.code]

changed = service.call(:ChangeDataCapture).since(%w[Invoice Customer], Time.now - 3600).all_types
seen['cdc'] = [changed['Invoice'].map(&:id), changed['Customer'].map(&:id).include?(customer.id)]
seen['pdf'] = invoices.pdf(invoice)[0, 5]
seen['sent'] = invoices.send(invoice, 'ann@example.com').email_status

Tempfile.create(['note', '.txt']) do |file|
  file.write('a note')
  file.close
  about = Model::Attachable.new(file_name: 'note.txt', content_type: 'text/plain')
  about.attachable_ref = Model::AttachableRef.new(Model::BaseReference.new(invoice.id, type: 'Invoice'))
  kept = service.call(:Upload).upload(file.path, 'text/plain', about)
  seen['uploaded'] = Net::HTTP.get(URI(kept.temp_download_uri))
end

payment = Model::Payment.new(customer_id: customer.id, total: 30.4)
payment.line_items = [Model::Line.new(amount: 30.4)]
payment.line_items.first.invoice_id = invoice.id
payment = payments.create(payment)
seen['balance'] = invoices.fetch_by_id(invoice.id).balance.to_s('F')
payments.void(payment)
invoice = invoices.fetch_by_id(invoice.id)
seen['balance_after_void'] = invoice.balance.to_s('F')
voided = invoices.void(invoice)
seen['voided'] = [voided.total.to_s('F'), voided.private_note]
seen['deleted'] = invoices.delete(invoices.fetch_by_id(invoice.id))
begin
  invoices.fetch_by_id(invoice.id)
rescue Quickbooks::IntuitRequestException => error
  seen['gone'] = error.code
end
begin
  customers.create(Model::Customer.new(display_name: 'Cool Cars'))
rescue Quickbooks::IntuitRequestException => error
  seen['duplicate'] = error.code
end
puts JSON.generate(seen)
