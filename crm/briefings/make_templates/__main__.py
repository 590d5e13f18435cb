from crm.briefings.make_templates import write

write()
