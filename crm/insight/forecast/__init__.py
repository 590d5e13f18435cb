"""When each project is likely to get its licence and to produce: history, simulation, back-test."""
