// placeholder until the table below is filled
