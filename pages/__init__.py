"""The screens. Each file is run by `st.Page`; nobody imports another's page."""
