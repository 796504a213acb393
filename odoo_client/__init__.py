"""Everything that knows Odoo: transport, client, datasets, sync, snapshot, metrics. Imports no Streamlit."""
