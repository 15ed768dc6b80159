include chapters/exercises.mk
